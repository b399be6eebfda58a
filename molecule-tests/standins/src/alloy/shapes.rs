//! What components are made of: attributes with their types, and blocks.

/// A component or block.
#[derive(Debug)]
pub struct Shape {
    /// Its name; blocks in it follow after `>`.
    pub path: &'static str,
    /// Attributes with their types; `!` marks those that have to be there.
    pub attributes: &'static str,
    /// Blocks in it; `!` as above.
    pub blocks: &'static str,
    /// Attributes and blocks that only the real program knows.
    pub others: &'static str,
}

const fn shape(path: &'static str, attributes: &'static str, blocks: &'static str, others: &'static str) -> Shape {
    Shape { path, attributes, blocks, others }
}

const RULE: &str = "source_labels:strings separator:string target_label:string regex:string modulus:number \
    replacement:string action:string";
const TLS: &str = "ca_pem:string ca_file:string cert_pem:string cert_file:string key_pem:string key_file:string \
    server_name:string insecure_skip_verify:bool min_version:string";
const STAGES: &str = "stage.static_labels stage.labels stage.regex stage.json stage.match stage.drop stage.timestamp \
    stage.label_drop stage.label_keep stage.output";
const OTHER_STAGES: &str = "stage.cri stage.decolorize stage.docker stage.eventlogmessage stage.geoip stage.limit \
    stage.logfmt stage.luhn stage.metrics stage.multiline stage.pack stage.pattern stage.replace stage.sampling \
    stage.split stage.structured_metadata stage.structured_metadata_drop stage.template stage.tenant stage.truncate \
    stage.windowsevent";

/// All that the stand-in knows.
pub const SHAPES: &[Shape] = &[
    shape("logging", "level:string format:string write_to:receivers", "", ""),
    shape("livedebugging", "enabled:bool", "", "buffer_size"),
    shape(
        "loki.source.journal",
        "forward_to:receivers! format_as_json:bool labels:map matches:string max_age:duration path:string \
         relabel_rules:rules",
        "",
        "legacy_position use_incoming_timestamp",
    ),
    shape(
        "loki.source.file",
        "forward_to:receivers! targets:targets! tail_from_end:bool encoding:string on_positions_file_error:string",
        "file_watch",
        "legacy_positions_file decompression file_match",
    ),
    shape("loki.source.file>file_watch", "min_poll_frequency:duration max_poll_frequency:duration", "", ""),
    shape("local.file_match", "path_targets:targets! sync_period:duration ignore_older_than:duration", "", ""),
    shape("loki.relabel", "forward_to:receivers! max_cache_size:number", "rule", ""),
    shape("loki.relabel>rule", RULE, "", ""),
    shape("discovery.relabel", "targets:targets!", "rule", ""),
    shape("discovery.relabel>rule", RULE, "", ""),
    shape("loki.process", "forward_to:receivers!", STAGES, OTHER_STAGES),
    shape("loki.process>stage.static_labels", "values:map!", "", ""),
    shape("loki.process>stage.labels", "values:map!", "", "source_type"),
    shape("loki.process>stage.regex", "expression:string! source:string labels_from_groups:bool", "", ""),
    shape("loki.process>stage.json", "expressions:map! source:string drop_malformed:bool", "", "regex"),
    shape(
        "loki.process>stage.match",
        "selector:string! action:string drop_counter_reason:string pipeline_name:string",
        STAGES,
        OTHER_STAGES,
    ),
    shape(
        "loki.process>stage.drop",
        "drop_counter_reason:string expression:string longer_than:string older_than:duration separator:string \
         source:string value:string",
        "",
        "",
    ),
    shape(
        "loki.process>stage.timestamp",
        "format:string! source:string! action_on_failure:string",
        "",
        "fallback_formats location action_on_duplicate_timestamp",
    ),
    shape("loki.process>stage.label_drop", "values:strings!", "", ""),
    shape("loki.process>stage.label_keep", "values:strings!", "", ""),
    shape("loki.process>stage.output", "source:string!", "", ""),
    shape("loki.write", "external_labels:map max_streams:number", "endpoint", "wal"),
    shape(
        "loki.write>endpoint",
        "url:string! name:string batch_size:string batch_wait:duration bearer_token:string bearer_token_file:string \
         enable_http2:bool follow_redirects:bool headers:map max_backoff_period:duration max_backoff_retries:number \
         min_backoff_period:duration proxy_from_environment:bool remote_timeout:duration retry_on_http_429:bool \
         tenant_id:string",
        "basic_auth tls_config queue_config",
        "http_headers no_proxy proxy_connect_header proxy_url authorization oauth2",
    ),
    shape(
        "loki.write>endpoint>basic_auth",
        "username:string password:string password_file:string",
        "",
        "username_file",
    ),
    shape("loki.write>endpoint>tls_config", TLS, "", ""),
    shape(
        "loki.write>endpoint>queue_config",
        "block_on_overflow:bool capacity:string drain_timeout:duration min_shards:number",
        "",
        "",
    ),
];

/// The shape of a component or of a block in it.
pub fn of(path: &str) -> Option<&'static Shape> {
    // Stages may stand in stages, and are the same there.
    let inner = path.rfind("stage.").map(|at| format!("loki.process>{}", &path[at..]));
    let path = inner.as_deref().unwrap_or(path);
    SHAPES.iter().find(|shape| shape.path == path)
}

/// Names, types and whether they have to be there.
pub fn words(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    text.split_whitespace().map(|word| {
        let (name, kind) = word.split_once(':').unwrap_or((word, ""));
        (name, kind.trim_end_matches('!'), kind.ends_with('!'))
    })
}

/// Components and blocks of a file that Alloy has and the stand-in has not.
const OTHERS: &str =
    "argument declare export foreach http import.file import.git import.http import.string remotecfg tracing
    beyla.ebpf database_observability.mysql database_observability.postgres discovery.aws discovery.azure
    discovery.consul discovery.consulagent discovery.digitalocean discovery.dns discovery.docker discovery.dockerswarm
    discovery.ec2 discovery.eureka discovery.file discovery.gce discovery.hetzner discovery.http discovery.ionos
    discovery.kubelet discovery.kubernetes discovery.kuma discovery.lightsail discovery.linode discovery.marathon
    discovery.nerve discovery.nomad discovery.openstack discovery.ovhcloud discovery.process discovery.puppetdb
    discovery.scaleway discovery.serverset discovery.triton discovery.uyuni faro.receiver local.file loki.echo
    loki.enrich loki.rules.kubernetes loki.secretfilter loki.source.api loki.source.awsfirehose
    loki.source.azure_event_hubs loki.source.cloudflare loki.source.docker loki.source.gcplog loki.source.gelf
    loki.source.heroku loki.source.kafka loki.source.kubernetes loki.source.kubernetes_events loki.source.podlogs
    loki.source.syslog loki.source.windowsevent mimir.alerts.kubernetes mimir.rules.kubernetes otelcol.auth.basic
    otelcol.auth.bearer otelcol.auth.google otelcol.auth.headers otelcol.auth.oauth2 otelcol.auth.sigv4
    otelcol.connector.count otelcol.connector.host_info otelcol.connector.servicegraph otelcol.connector.spanlogs
    otelcol.connector.spanmetrics otelcol.exporter.awss3 otelcol.exporter.datadog otelcol.exporter.debug
    otelcol.exporter.faro otelcol.exporter.file otelcol.exporter.googlecloud otelcol.exporter.kafka
    otelcol.exporter.loadbalancing otelcol.exporter.loki otelcol.exporter.otlp otelcol.exporter.otlphttp
    otelcol.exporter.prometheus otelcol.exporter.splunkhec otelcol.exporter.syslog
    otelcol.extension.jaeger_remote_sampling otelcol.processor.attributes otelcol.processor.batch
    otelcol.processor.cumulativetodelta otelcol.processor.deltatocumulative otelcol.processor.discovery
    otelcol.processor.filter otelcol.processor.groupbyattrs otelcol.processor.interval
    otelcol.processor.k8sattributes otelcol.processor.memory_limiter otelcol.processor.probabilistic_sampler
    otelcol.processor.resourcedetection otelcol.processor.span otelcol.processor.tail_sampling
    otelcol.processor.transform otelcol.receiver.datadog otelcol.receiver.faro otelcol.receiver.file_stats
    otelcol.receiver.filelog otelcol.receiver.fluentforward otelcol.receiver.influxdb otelcol.receiver.jaeger
    otelcol.receiver.kafka otelcol.receiver.loki otelcol.receiver.opencensus otelcol.receiver.otlp
    otelcol.receiver.prometheus otelcol.receiver.solace otelcol.receiver.splunkhec otelcol.receiver.syslog
    otelcol.receiver.tcplog otelcol.receiver.vcenter otelcol.receiver.zipkin otelcol.storage.file prometheus.echo
    prometheus.enrich prometheus.exporter.apache prometheus.exporter.azure prometheus.exporter.blackbox
    prometheus.exporter.cadvisor prometheus.exporter.catchpoint prometheus.exporter.cloudwatch
    prometheus.exporter.consul prometheus.exporter.databricks prometheus.exporter.dnsmasq
    prometheus.exporter.elasticsearch prometheus.exporter.gcp prometheus.exporter.github prometheus.exporter.kafka
    prometheus.exporter.memcached prometheus.exporter.mongodb prometheus.exporter.mssql prometheus.exporter.mysql
    prometheus.exporter.oracledb prometheus.exporter.postgres prometheus.exporter.process prometheus.exporter.redis
    prometheus.exporter.self prometheus.exporter.snmp prometheus.exporter.snowflake prometheus.exporter.squid
    prometheus.exporter.static prometheus.exporter.statsd prometheus.exporter.unix prometheus.exporter.windows
    prometheus.operator.podmonitors prometheus.operator.probes prometheus.operator.scrapeconfigs
    prometheus.operator.servicemonitors prometheus.receive_http prometheus.relabel prometheus.remote_write
    prometheus.scrape prometheus.write.queue pyroscope.ebpf pyroscope.enrich pyroscope.java pyroscope.receive_http
    pyroscope.relabel pyroscope.scrape pyroscope.write remote.http remote.kubernetes.configmap
    remote.kubernetes.secret remote.s3 remote.vault";

/// Whether only the real program has a component of this name.
pub fn elsewhere(name: &str) -> bool {
    OTHERS.split_whitespace().any(|known| known == name)
}

/// What a component lets others refer to.
pub fn exports(name: &str) -> &'static [&'static str] {
    match name {
        "loki.relabel" => &["receiver", "rules"],
        "loki.process" | "loki.write" => &["receiver"],
        "discovery.relabel" => &["output", "rules"],
        "local.file_match" => &["targets"],
        _ => &[],
    }
}

/// Whether it stands in a file once, and without a label.
pub fn is_single(name: &str) -> bool {
    !name.contains('.')
}
