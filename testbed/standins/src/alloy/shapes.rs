//! What components are made of: attributes with their types, and blocks.

/// A component or block.
#[derive(Debug)]
pub struct Shape {
    /// Its name; blocks in it follow after `>`.
    pub path: &'static str,
    /// Attributes with their types; `!` marks those that have to be there, `?` those that are looked at and not acted upon.
    pub attributes: &'static str,
    /// Blocks in it; `*` marks those that may stand there several times.
    pub blocks: &'static str,
    /// Whether it is more than looked at: what is not can be checked, and not run.
    pub runs: bool,
}

const fn shape(path: &'static str, attributes: &'static str, blocks: &'static str) -> Shape {
    Shape { path, attributes, blocks, runs: true }
}

const fn checked(path: &'static str, attributes: &'static str, blocks: &'static str) -> Shape {
    Shape { path, attributes, blocks, runs: false }
}

/// What all that speaks HTTP is told of it.
macro_rules! client {
    ($own:literal) => {
        concat!(
            $own,
            " bearer_token:secret bearer_token_file:string enable_http2:bool follow_redirects:bool \
             proxy_from_environment:bool proxy_url:string? no_proxy:string? http_headers:secrets? \
             proxy_connect_header:secrets?"
        )
    };
}

const CLIENT: &str = "basic_auth tls_config authorization oauth2";
const RULE: &str = "source_labels:strings separator:string target_label:string regex:regex modulus:number \
    replacement:string action:replace|keep|drop|hashmod|labelmap|labeldrop|labelkeep|lowercase|uppercase|keepequal|dropequal";
const TLS: &str = "ca_pem:string ca_file:string cert_pem:string cert_file:string key_pem:secret key_file:string \
    server_name:string insecure_skip_verify:bool min_version:TLS10|TLS11|TLS12|TLS13";
const STAGES: &str = "stage.static_labels* stage.labels* stage.regex* stage.json* stage.match* stage.drop* \
    stage.timestamp* stage.label_drop* stage.label_keep* stage.output* stage.cri* stage.decolorize* stage.docker* \
    stage.eventlogmessage* stage.geoip* stage.limit* stage.logfmt* stage.luhn* stage.metrics* stage.multiline* \
    stage.pack* stage.pattern* stage.replace* stage.sampling* stage.structured_metadata* \
    stage.structured_metadata_drop* stage.template* stage.tenant* stage.truncate* stage.windowsevent*";

/// All that the stand-in knows.
pub const SHAPES: &[Shape] = &[
    shape(
        "logging",
        "level:|error|warn|info|debug format:|logfmt|json write_to:receivers destination:stderr|windows_event_log?",
        "",
    ),
    shape("livedebugging", "enabled:bool", ""),
    checked("http", "", "auth tls"),
    checked(
        "http>tls",
        "cert_pem:string cert_file:string key_pem:secret key_file:string client_ca_pem:string client_ca_file:string \
         client_auth_type:other cipher_suites:other curve_preferences:other min_version:other max_version:other",
        "windows_certificate_filter",
    ),
    checked("http>auth", "", "basic filter"),
    checked("http>auth>basic", "username:string! password:secret!", ""),
    checked("http>auth>filter", "paths:strings authenticate_matching_paths:bool", ""),
    shape(
        "loki.source.journal",
        "forward_to:receivers! format_as_json:bool labels:map matches:string max_age:duration path:string \
         relabel_rules:rules",
        "legacy_position",
    ),
    checked("loki.source.journal>legacy_position", "file:string! name:string!", ""),
    shape(
        "loki.source.file",
        "forward_to:receivers! targets:targets! tail_from_end:bool encoding:string legacy_positions_file:string? \
         on_positions_file_error:skip|restart_from_end|restart_from_beginning",
        "file_watch decompression file_match",
    ),
    shape("loki.source.file>file_watch", "min_poll_frequency:duration max_poll_frequency:duration", ""),
    checked("loki.source.file>decompression", "enabled:bool! initial_delay:duration format:gz|z|bz2!", ""),
    checked("loki.source.file>file_match", "enabled:bool sync_period:duration ignore_older_than:duration", ""),
    shape("local.file", "filename:string! detector:fsnotify|poll poll_frequency:duration is_secret:bool", ""),
    shape("local.file_match", "path_targets:targets! sync_period:duration ignore_older_than:duration", ""),
    shape("loki.relabel", "forward_to:receivers! max_cache_size:number", "rule*"),
    shape("loki.relabel>rule", RULE, ""),
    shape("discovery.relabel", "targets:targets!", "rule*"),
    shape("discovery.relabel>rule", RULE, ""),
    checked("loki.echo", "", ""),
    shape("loki.process", "forward_to:receivers!", STAGES),
    shape("loki.process>stage.static_labels", "values:map!", ""),
    shape("loki.process>stage.labels", "values:map! source_type:line|label|structured_metadata|extracted?", ""),
    shape("loki.process>stage.regex", "expression:string! source:string labels_from_groups:bool", ""),
    shape("loki.process>stage.json", "expressions:map source:string drop_malformed:bool regex:string?", ""),
    shape(
        "loki.process>stage.match",
        "selector:string! action:string drop_counter_reason:string pipeline_name:string",
        STAGES,
    ),
    shape(
        "loki.process>stage.drop",
        "drop_counter_reason:string expression:string longer_than:size older_than:duration separator:string \
         source:string value:string",
        "",
    ),
    shape(
        "loki.process>stage.timestamp",
        "format:string! source:string! action_on_failure:string fallback_formats:strings? location:string? \
         action_on_duplicate_timestamp:string?",
        "",
    ),
    shape("loki.process>stage.label_drop", "values:strings!", ""),
    shape("loki.process>stage.label_keep", "values:strings!", ""),
    shape("loki.process>stage.output", "source:string!", ""),
    checked(
        "loki.process>stage.cri",
        "max_partial_lines:number max_partial_line_size:number max_partial_line_size_truncate:bool",
        "",
    ),
    checked("loki.process>stage.decolorize", "", ""),
    checked("loki.process>stage.docker", "", ""),
    checked("loki.process>stage.eventlogmessage", "source:string drop_invalid_labels:bool overwrite_existing:bool", ""),
    checked("loki.process>stage.geoip", "db:string! source:string! db_type:string custom_lookups:map", ""),
    checked(
        "loki.process>stage.limit",
        "rate:number! burst:number! drop:bool by_label_name:string max_distinct_labels:number",
        "",
    ),
    checked("loki.process>stage.logfmt", "mapping:map source:string regex:string", ""),
    checked("loki.process>stage.luhn", "replacement:string source:string min_length:number delimiters:string", ""),
    checked("loki.process>stage.metrics", "", "metric.counter* metric.gauge* metric.histogram*"),
    checked(
        "loki.process>stage.metrics>metric.counter",
        "name:string! action:string! description:string source:string prefix:string max_idle_duration:duration value:string match_all:bool count_entry_bytes:bool",
        "",
    ),
    checked(
        "loki.process>stage.metrics>metric.gauge",
        "name:string! action:string! description:string source:string prefix:string max_idle_duration:duration value:string",
        "",
    ),
    checked(
        "loki.process>stage.metrics>metric.histogram",
        "name:string! buckets:numbers! description:string source:string prefix:string max_idle_duration:duration value:string",
        "",
    ),
    checked(
        "loki.process>stage.multiline",
        "firstline:string! max_lines:number max_wait_time:duration trim_newlines:bool",
        "",
    ),
    checked("loki.process>stage.pack", "labels:strings! ingest_timestamp:bool", ""),
    checked("loki.process>stage.pattern", "pattern:string! source:string labels_from_groups:bool", ""),
    checked("loki.process>stage.replace", "expression:string! source:string replace:string", ""),
    checked("loki.process>stage.sampling", "rate:number! drop_counter_reason:string", ""),
    checked("loki.process>stage.structured_metadata", "values:map regex:string", ""),
    checked("loki.process>stage.structured_metadata_drop", "values:strings!", ""),
    checked("loki.process>stage.template", "source:string! template:template!", ""),
    checked("loki.process>stage.tenant", "label:string source:string value:string", ""),
    checked("loki.process>stage.truncate", "", "rule*!"),
    checked(
        "loki.process>stage.truncate>rule",
        "limit:size! suffix:string sources:strings source_type:line|label|structured_metadata|extracted",
        "",
    ),
    checked("loki.process>stage.windowsevent", "source:string drop_invalid_labels:bool overwrite_existing:bool", ""),
    shape("loki.write", "external_labels:map max_streams:number", "endpoint* wal"),
    checked(
        "loki.write>wal",
        "enabled:bool max_segment_age:duration min_read_frequency:duration max_read_frequency:duration \
         drain_timeout:duration",
        "",
    ),
    shape(
        "loki.write>endpoint",
        client!(
            "url:string! name:string batch_size:size batch_wait:duration headers:map max_backoff_period:duration \
             max_backoff_retries:number min_backoff_period:duration remote_timeout:duration retry_on_http_429:bool \
             tenant_id:string"
        ),
        "basic_auth tls_config queue_config authorization oauth2",
    ),
    shape("basic_auth", "username:string password:secret password_file:string", ""),
    checked("authorization", "type:string credentials:secret credentials_file:string", ""),
    checked(
        "oauth2",
        "client_id:string client_secret:secret client_secret_file:string scopes:strings token_url:string \
         endpoint_params:map proxy_url:string no_proxy:string proxy_from_environment:bool proxy_connect_header:secrets",
        "tls_config",
    ),
    shape("tls_config", TLS, ""),
    shape(
        "loki.write>endpoint>queue_config",
        "block_on_overflow:bool capacity:size drain_timeout:duration min_shards:number",
        "",
    ),
    checked(
        "loki.source.api",
        "forward_to:receivers! labels:map relabel_rules:rules use_incoming_timestamp:bool max_send_message_size:size \
         graceful_shutdown_timeout:duration",
        "http grpc",
    ),
    checked(
        "loki.source.api>http",
        "listen_address:string listen_port:number conn_limit:number server_read_timeout:duration \
         server_write_timeout:duration server_idle_timeout:duration",
        "tls http2",
    ),
    checked("loki.source.syslog", "forward_to:receivers! relabel_rules:rules", "listener*!"),
    checked(
        "loki.source.syslog>listener",
        "address:string! protocol:string idle_timeout:duration label_structured_data:bool labels:map \
         use_incoming_timestamp:bool use_rfc5424_message:bool rfc3164_default_to_current_year:bool \
         rfc5424_allow_empty_msg:bool max_message_length:number syslog_format:string udp_queue_size:number \
         udp_host_cache_size:number",
        "tls_config raw_format_options rfc3164_cisco_components",
    ),
    checked(
        "loki.source.docker",
        "host:string! targets:targets! forward_to:receivers! labels:map relabel_rules:rules refresh_interval:duration",
        "http_client_config",
    ),
    checked("loki.source.docker>http_client_config", client!(""), CLIENT),
    checked(
        "prometheus.scrape",
        client!(
            "targets:targets! forward_to:receivers! job_name:string honor_labels:bool honor_timestamps:bool \
             track_timestamps_staleness:bool params:any scrape_classic_histograms:bool scrape_native_histograms:bool \
             scrape_failure_log_file:string scrape_interval:duration scrape_timeout:duration scrape_protocols:strings \
             metrics_path:string scheme:string body_size_limit:size sample_limit:number target_limit:number \
             label_limit:number label_name_length_limit:number label_value_length_limit:number extra_metrics:bool \
             enable_protobuf_negotiation:bool metric_name_validation_scheme:string metric_name_escaping_scheme:string \
             scrape_fallback_protocol:string convert_classic_histograms_to_nhcb:bool enable_compression:bool \
             native_histogram_bucket_limit:number native_histogram_min_bucket_factor:number honor_metadata:bool \
             enable_type_and_unit_labels:bool"
        ),
        "basic_auth tls_config authorization oauth2 clustering",
    ),
    checked("prometheus.scrape>clustering", "enabled:bool!", ""),
];

/// The shape of a component or of a block in it.
pub fn of(path: &str) -> Option<&'static Shape> {
    // Stages may stand in stages, and what is told of HTTP in many blocks; both are the same everywhere.
    let shared = path.rsplit('>').next().filter(|name| path.contains('>') && CLIENT.split(' ').any(|of| of == *name));
    let inner = path.rfind("stage.").map(|at| format!("loki.process>{}", &path[at..]));
    let path = shared.or(inner.as_deref()).unwrap_or(path);
    SHAPES.iter().find(|shape| shape.path == path)
}

/// An attribute or a block of a shape.
#[derive(Debug)]
pub struct Word {
    /// Its name.
    pub name: &'static str,
    /// The type of an attribute.
    pub kind: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// Whether it may stand there several times.
    pub several: bool,
    /// Whether it is only looked at.
    pub idle: bool,
}

/// What stands in a shape.
pub fn words(text: &'static str) -> impl Iterator<Item = Word> {
    text.split_whitespace().map(|word| {
        let told = word.trim_end_matches(['!', '?', '*']);
        let marks = &word[told.len()..];
        let (name, kind) = told.split_once(':').unwrap_or((told, ""));
        let marked = |mark: char| marks.contains(mark);
        Word { name, kind, required: marked('!'), several: marked('*'), idle: marked('?') }
    })
}

/// Components and blocks of a file that Alloy has and the stand-in has not.
const OTHERS: &str =
    "argument beyla.ebpf database_observability.mysql database_observability.postgres declare discovery.aws
    discovery.azure discovery.consul discovery.consulagent discovery.digitalocean discovery.dns discovery.docker
    discovery.dockerswarm discovery.ec2 discovery.eureka discovery.file discovery.gce discovery.hetzner
    discovery.http discovery.ionos discovery.kubelet discovery.kubernetes discovery.kuma discovery.lightsail
    discovery.linode discovery.marathon discovery.nerve discovery.nomad discovery.openstack discovery.ovhcloud
    discovery.process discovery.puppetdb discovery.scaleway discovery.serverset discovery.triton discovery.uyuni
    export faro.receiver import.file import.git import.http import.string loki.rules.kubernetes
    loki.source.awsfirehose loki.source.azure_event_hubs loki.source.cloudflare loki.source.gcplog loki.source.gelf
    loki.source.heroku loki.source.kafka loki.source.kubernetes loki.source.kubernetes_events loki.source.podlogs
    loki.source.windowsevent mimir.rules.kubernetes otelcol.auth.basic otelcol.auth.bearer otelcol.auth.headers
    otelcol.auth.oauth2 otelcol.auth.sigv4 otelcol.connector.host_info otelcol.connector.servicegraph
    otelcol.connector.spanlogs otelcol.connector.spanmetrics otelcol.exporter.kafka otelcol.exporter.loadbalancing
    otelcol.exporter.loki otelcol.exporter.otlp otelcol.exporter.otlphttp otelcol.exporter.prometheus
    otelcol.extension.jaeger_remote_sampling otelcol.processor.attributes otelcol.processor.batch
    otelcol.processor.discovery otelcol.processor.filter otelcol.processor.groupbyattrs
    otelcol.processor.k8sattributes otelcol.processor.memory_limiter otelcol.processor.metric_start_time
    otelcol.processor.probabilistic_sampler otelcol.processor.resourcedetection otelcol.processor.span
    otelcol.processor.tail_sampling otelcol.processor.transform otelcol.receiver.file_stats
    otelcol.receiver.influxdb otelcol.receiver.jaeger otelcol.receiver.kafka otelcol.receiver.loki
    otelcol.receiver.otlp otelcol.receiver.prometheus otelcol.receiver.solace
    otelcol.receiver.zipkin prometheus.echo prometheus.exporter.apache prometheus.exporter.azure
    prometheus.exporter.blackbox prometheus.exporter.cadvisor prometheus.exporter.cloudwatch
    prometheus.exporter.consul prometheus.exporter.databricks prometheus.exporter.dnsmasq
    prometheus.exporter.elasticsearch prometheus.exporter.gcp prometheus.exporter.github prometheus.exporter.kafka
    prometheus.exporter.memcached prometheus.exporter.mongodb prometheus.exporter.mssql prometheus.exporter.mysql
    prometheus.exporter.oracledb prometheus.exporter.postgres prometheus.exporter.process prometheus.exporter.redis
    prometheus.exporter.self prometheus.exporter.snmp prometheus.exporter.snowflake prometheus.exporter.squid
    prometheus.exporter.statsd prometheus.exporter.unix prometheus.exporter.windows prometheus.operator.podmonitors
    prometheus.operator.probes prometheus.operator.servicemonitors prometheus.receive_http prometheus.relabel
    prometheus.remote_write pyroscope.ebpf pyroscope.receive_http pyroscope.relabel pyroscope.scrape
    pyroscope.write remote.http remote.kubernetes.configmap remote.kubernetes.secret remote.s3 remote.vault
    remotecfg tracing";
/// Those of them that it has only where experimental ones are allowed, previews, or those of the community.
const EXPERIMENTAL: &str =
    "database_observability.sql_server foreach loki.enrich loki.secretfilter mimir.alerts.kubernetes otelcol.connector.count
    otelcol.connector.signaltometrics otelcol.exporter.awss3 otelcol.exporter.debug otelcol.exporter.faro
    otelcol.processor.deltatocumulative otelcol.processor.interval otelcol.receiver.awscloudwatch
    otelcol.receiver.awsecscontainermetrics otelcol.receiver.awss3 otelcol.receiver.cloudflare
    otelcol.receiver.datadog otelcol.receiver.faro otelcol.receiver.fluentforward otelcol.receiver.tcplog
    otelcol.receiver.vcenter prometheus.enrich prometheus.exporter.catchpoint prometheus.exporter.static
    prometheus.operator.scrapeconfigs prometheus.write.queue pyroscope.enrich";
const PREVIEWS: &str =
    "otelcol.auth.google otelcol.exporter.file otelcol.exporter.syslog otelcol.processor.cumulativetodelta
    otelcol.receiver.filelog otelcol.receiver.nginx otelcol.receiver.splunkhec otelcol.receiver.syslog
    otelcol.storage.file pyroscope.java";
const COMMUNITY: &str = "otelcol.exporter.datadog otelcol.exporter.googlecloud otelcol.exporter.googlecloudpubsub
    otelcol.exporter.splunkhec otelcol.receiver.googlecloudpubsub";

/// What of Alloy's is allowed beside what is generally available.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowed {
    /// Previews.
    pub previews: bool,
    /// What is experimental.
    pub experiments: bool,
    /// What the community keeps.
    pub community: bool,
}

/// Whether only the real program has a component of this name.
pub fn elsewhere(name: &str, allowed: Allowed) -> bool {
    let among = |names: &str| names.split_whitespace().any(|known| known == name);
    among(OTHERS)
        || allowed.previews && among(PREVIEWS)
        || allowed.experiments && among(EXPERIMENTAL)
        || allowed.community && among(COMMUNITY)
}

/// What a component lets others refer to.
pub fn exports(name: &str) -> &'static [&'static str] {
    match name {
        "loki.relabel" => &["receiver", "rules"],
        "loki.process" | "loki.write" => &["receiver"],
        "discovery.relabel" => &["output", "rules"],
        "local.file_match" => &["targets"],
        "local.file" => &["content"],
        _ => &[],
    }
}

/// Whether it stands in a file once, and without a label.
pub fn is_single(name: &str) -> bool {
    !name.contains('.')
}
