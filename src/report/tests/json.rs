//! Runs for programs.

use super::*;
use crate::report::json;

pub(super) fn as_json(events: &[Event], lines: bool) -> String {
    let out = Paper::default();
    let mut consumer: Box<dyn Consumer> = match lines {
        true => Box::new(json::Lines::new(Box::new(out.clone()))),
        false => Box::new(json::Document::new(Box::new(out.clone()))),
    };
    events.iter().for_each(|event| consumer.event(event).unwrap());
    out.text()
}

#[test]
fn json_document() {
    let mut plan = prometheus();
    plan.roles[0].steps.remove(0);
    let events = [
        started("apply", &["mon"]),
        planned("mon", &plan),
        checked("mon", "prometheus/verify/http:x", true, "200"),
        Event::Failed { host: "mon".to_owned(), failure: Failure { command: None, output: Vec::new(), ..failure() } },
        done("mon", Outcome::Failed { changes: 1 }),
        finished(1),
    ];
    insta::assert_snapshot!(as_json(&events, false), @r#"
    {
      "format": 1,
      "command": "apply",
      "hosts": {
        "mon": {
          "outcome": "failed",
          "changes": 1,
          "plan": {
            "roles": [
              {
                "role": "prometheus",
                "play": "Monitoring",
                "steps": [
                  {
                    "step": "run",
                    "changes": [
                      {
                        "resource": "prometheus/run/service:prometheus",
                        "action": "restart",
                        "details": [
                          {
                            "type": "note",
                            "text": "because /etc/prometheus/prometheus.yml changes"
                          }
                        ]
                      }
                    ]
                  }
                ]
              }
            ],
            "notes": []
          },
          "failures": [
            {
              "place": "prometheus/config/config:/etc/prometheus",
              "message": "the new configuration was refused",
              "command": null,
              "status": 1,
              "output": [],
              "put_back": [
                "/etc/prometheus/prometheus.yml",
                "prometheus.service is running again"
              ],
              "left": [
                "package prometheus"
              ],
              "stays": 1
            }
          ],
          "checks": [
            {
              "check": "prometheus/verify/http:x",
              "passed": true,
              "seen": "200",
              "time": {
                "millis": 300
              }
            }
          ],
          "exchanges": 3,
          "time": {
            "millis": 420
          }
        }
      },
      "notes": [],
      "summary": {
        "hosts": 1,
        "hosts_with_changes": 1,
        "planned": 1,
        "hosts_changed": 1,
        "made": 2,
        "stays": 1,
        "checks_passed": 1,
        "checks_failed": 0,
        "failed": 1,
        "unreachable": 0,
        "skipped": 0
      },
      "errors": [],
      "exit": 1,
      "time": {
        "millis": 840
      }
    }
    "#);
}

#[test]
fn checks_are_a_list_or_not_there() {
    let events = [started("verify", &["mon"]), done("mon", Outcome::Verified { checks: 0 }), finished(0)];
    let document: serde_json::Value = serde_json::from_str(&as_json(&events, false)).unwrap();
    assert_eq!(document["hosts"]["mon"].get("checks"), None);
}

/// Whoever presses Ctrl-C until solti leaves has a document of what was known by then.
#[test]
fn json_of_a_run_that_was_left() {
    for lines in [false, true] {
        let out = Paper::default();
        let mut consumer: Box<dyn Consumer> = match lines {
            true => Box::new(json::Lines::new(Box::new(out.clone()))),
            false => Box::new(json::Document::new(Box::new(out.clone()))),
        };
        consumer.event(&started("apply", &["mon"])).unwrap();
        consumer.interrupted("finishing the step in hand", false).unwrap();
        consumer.interrupted("left", true).unwrap();
        let text = out.text();
        let last = if lines { text.lines().last().unwrap() } else { &text };
        let last: serde_json::Value = serde_json::from_str(last).unwrap();
        assert_eq!(last["exit"], 130, "{text}");
    }
}

#[test]
fn json_lines() {
    let events = [
        started("apply", &["mon"]),
        Event::Phase { host: "mon".to_owned(), phase: Phase::Reading },
        step_done("mon", "prometheus", "config", 1, 412),
        checked("mon", "prometheus/verify/http:x", true, "200"),
        done("mon", Outcome::Changed { changes: 1 }),
        finished(0),
    ];
    insta::with_settings!({ filters => vec![(r#""at":"[0-9T:.-]+Z""#, r#""at":"(time)""#)] }, {
        insta::assert_snapshot!(as_json(&events, true), @r#"
        {"format":1,"event":"started","command":"apply","hosts":["mon"],"time":{"at":"(time)"}}
        {"format":1,"event":"phase","host":"mon","phase":"reading","time":{"at":"(time)"}}
        {"format":1,"event":"step-done","host":"mon","role":"prometheus","step":"config","changes":1,"parts":[{"what":"files","time":{"millis":137}},{"what":"daemon-reload","time":{"millis":20}},{"what":"services","time":{"millis":82}},{"what":"settling","time":{"millis":206}}],"time":{"millis":412,"at":"(time)"}}
        {"format":1,"event":"checked","host":"mon","check":"prometheus/verify/http:x","passed":true,"seen":"200","time":{"millis":300,"at":"(time)"}}
        {"format":1,"event":"host-done","host":"mon","outcome":"changed","changes":1,"exchanges":3,"time":{"millis":420,"at":"(time)"}}
        {"format":1,"event":"finished","exit":0,"time":{"millis":840,"at":"(time)"}}
        "#);
    });
}
