use super::*;

const SCHEMA: &str = "common:\n  path_prefix: /loki\nschema_config:\n  configs:\n    - {from: 2024-04-01, store: tsdb, \
    object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}\n";

fn refused(more: &str) -> String {
    match read(&format!("{SCHEMA}{more}"), "/etc/loki/config.yaml") {
        Ok(_) => panic!("it was taken"),
        Err(Refusal::Unreadable(why) | Refusal::Invalid(why)) => why,
        Err(Refusal::Unknown(why)) => format!("unknown: {}", why.join("; ")),
    }
}

#[test]
fn a_usual_configuration_is_taken() {
    let config = read(
        &format!(
            "{SCHEMA}auth_enabled: false\nserver: {{http_listen_port: 3200, log_level: warn}}\n\
             compactor: {{retention_enabled: true, delete_request_store: filesystem, retention_delete_delay: 2h}}\n\
             limits_config: {{retention_period: 30d, ingestion_rate_mb: 8, max_line_size: 512KB}}\n\
             analytics: {{reporting_enabled: false}}\n"
        ),
        "x",
    )
    .unwrap();
    assert_eq!(config.port, 3200);
    assert_eq!(config.chunks, Path::new("/loki/chunks"));
    assert_eq!(config.limits.retention, Some(Duration::from_secs(30 * 86_400)));
    assert_eq!(config.limits.line_size, 512 * 1024);
    assert!(!config.auth_enabled);
}

#[test]
fn keys_that_nobody_knows_are_refused_in_lokis_words() {
    assert_eq!(
        refused("foo: 1\nserver:\n  http_port: 80\n"),
        "failed parsing config: /etc/loki/config.yaml: yaml: unmarshal errors:\n  \
         line 6: field foo not found in type loki.ConfigWrapper\n  \
         line 8: field http_port not found in type server.Config"
    );
}

#[test]
fn wrong_types_are_refused_in_lokis_words() {
    assert!(refused("server: {http_listen_port: many}\n").ends_with("line 6: cannot unmarshal !!str `many` into int"));
    assert!(
        refused("compactor: {compaction_interval: 7d}\n").ends_with("cannot unmarshal !!str `7d` into time.Duration")
    );
    assert!(refused("limits_config: {retention_period: long}\n").ends_with("not a valid duration string: \"long\""));
    assert!(refused("server: [1]\n").ends_with("cannot unmarshal !!seq into server.Config"));
}

#[test]
fn keys_that_only_loki_knows_are_told_apart() {
    assert_eq!(refused("kafka_config: {}\n"), "unknown: line 6: the stand-in does not know `kafka_config`");
    let undone = read(&format!("{SCHEMA}limits_config: {{otlp_config: {{severity_text_as_label: true}}}}\n"), "x")
        .unwrap()
        .undone;
    assert_eq!(undone, ["`limits_config.otlp_config.severity_text_as_label`"]);
}

#[test]
fn retention_needs_a_store_for_requests() {
    assert_eq!(
        refused("compactor: {retention_enabled: true}\n"),
        "CONFIG ERROR: invalid compactor config: compactor.delete-request-store should be configured when retention is \
         enabled"
    );
}

#[test]
fn old_schemas_do_without_structured_metadata() {
    let old = SCHEMA.replace("v13", "v12");
    let Err(Refusal::Invalid(why)) = read(&old, "x") else { panic!("it was taken") };
    assert!(why.starts_with("CONFIG ERROR: schema v13 is required to store Structured Metadata"), "{why}");
    assert!(read(&format!("{old}limits_config: {{allow_structured_metadata: false}}\n"), "x").is_ok());
}

#[test]
fn the_environment_is_put_in() {
    assert_eq!(expanded("a: ${SOLTI_NOT_SET:-x} $ b ${"), "a: x $ b ${");
}
