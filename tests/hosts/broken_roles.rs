//! Roles of solti's own, each with something that is wrong, through `solti test`: the step that should notice does.

use crate::support::Project;
use std::fs;
use std::path::Path;

/// What is wrong with which file of which role, and where it is noticed with which words.
struct Broken {
    role: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    step: &'static str,
    said: &'static str,
}

const BROKEN: [Broken; 6] = [
    Broken {
        role: "node_exporter",
        file: "templates/flags.conf.j2",
        right: "':' ~ node_exporter_http_port)",
        wrong: "':' ~ (node_exporter_http_port + 1))",
        step: "apply",
        said: "node_exporter/run/http:says which host it is",
    },
    Broken {
        role: "node_exporter",
        file: "role.yml",
        right: "enabled: true",
        wrong: "enabled: false",
        step: "verify",
        said: "scenario/checks/unit:prometheus-node-exporter",
    },
    Broken {
        role: "node_exporter",
        file: "role.yml",
        right: "      - service: { name: prometheus-node-exporter",
        wrong: "      - command: { command: systemctl stop prometheus-node-exporter, unless: \"false\" }\n      - service: { name: prometheus-node-exporter",
        step: "converged",
        said: "a second run would make",
    },
    Broken {
        role: "prometheus",
        file: "role.yml",
        right: ", purge: data }",
        wrong: " }",
        step: "removed",
        said: "/var/lib/prometheus/metrics2",
    },
    Broken {
        role: "prometheus",
        file: "role.yml",
        right: "      - unit: { name: prometheus,",
        wrong: "      - command: { command: touch /etc/default/left, creates: /etc/default/left }\n      - unit: { name: prometheus,",
        step: "removed",
        said: "/etc/default/left is still there",
    },
    Broken {
        role: "prometheus",
        file: "templates/prometheus.yml.j2",
        right: "scrape_configs:",
        wrong: "scrape_config:",
        step: "apply",
        said: "refused",
    },
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Runs the role with its fault; what was wrong with that.
fn noticed(broken: &Broken) -> Result<(), String> {
    let Broken { role, file, right, wrong, step, said } = broken;
    let project = Project::without_hosts();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("roles").join(role), &project.path(&format!("roles/{role}")));
    let path = format!("roles/{role}/{file}");
    let text = fs::read_to_string(project.path(&path)).unwrap();
    assert!(text.contains(right), "{path} has no {right:?} any more");
    project.file(&path, &text.replace(right, wrong));
    let unit = if *role == "prometheus" { "prometheus" } else { "prometheus-node-exporter" };
    let scenario = format!(
        "role: {role}\nplatforms: [debian13]\nvars: {{ node_exporter_ready_within: 10s, prometheus_ready_within: 60s, prometheus_require_targets: false }}\n\
         checks:\n  - unit: {{ name: {unit}, enabled: true, within: 1s }}\n"
    );
    project.file("molecule-tests/broken/scenario.yml", &scenario);
    let output = project.solti(&["test"]);
    let failed = output.stdout.lines().any(|line| line.contains("failed") && line.trim_end().ends_with(step));
    if output.status == 1 && failed && output.stdout.contains(said) {
        return Ok(());
    }
    Err(format!("{path}: {right:?} -> {wrong:?}: expected {step} {said:?}\n{output}"))
}

#[test]
fn what_is_wrong_with_roles_of_solti_is_noticed() {
    let missed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> =
            BROKEN.chunks(2).map(|some| scope.spawn(|| some.iter().map(noticed).collect::<Vec<_>>())).collect();
        running.into_iter().flat_map(|run| run.join().unwrap()).filter_map(Result::err).collect()
    });
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}
