//! Sections that the stand-in looks at and does nothing with.

use super::keys::Section;

/// Them all.
pub const SECTIONS: &[Section] = &[
    Section { path: "ui", go: "ui.Config", known: "", others: "enabled:bool debug:bool goldfish ring" },
    Section {
        path: "table_manager",
        go: "index.TableManagerConfig",
        known: "",
        others: "throughput_updates_disabled:bool retention_deletes_enabled:bool retention_period:prometheus \
            poll_interval:duration creation_grace_period:duration index_tables_provisioning \
            chunk_tables_provisioning",
    },
    Section { path: "tracing", go: "tracing.Config", known: "", others: "enabled:bool" },
    Section {
        path: "server.http_tls_config",
        go: "server.TLSConfig",
        known: "",
        others: "cert:string key:string client_ca:string cert_file:string key_file:string client_auth_type:string \
            client_ca_file:string",
    },
    Section {
        path: "server.grpc_tls_config",
        go: "server.TLSConfig",
        known: "",
        others: "cert:string key:string client_ca:string cert_file:string key_file:string client_auth_type:string \
            client_ca_file:string",
    },
    Section {
        path: "querier.engine",
        go: "logql.EngineOpts",
        known: "",
        others: "max_look_back_period:duration max_count_min_sketch_heap_size:int",
    },
    Section {
        path: "common.storage.s3",
        go: "aws.S3Config",
        known: "",
        others: "s3:string s3forcepathstyle:bool bucketnames:string endpoint:string region:string \
            access_key_id:string secret_access_key:string session_token:string insecure:bool chunk_delimiter:string \
            http_config signature_version:string storage_class:string sse backoff_config disable_dualstack:bool",
    },
    Section {
        path: "limits_config.shard_streams",
        go: "shardstreams.Config",
        known: "",
        others: "enabled:bool time_sharding_enabled:bool time_sharding_ignore_recent:duration logging_enabled:bool \
            desired_rate:bytes",
    },
    Section {
        path: "limits_config.retention_stream[]",
        go: "validation.StreamRetention",
        known: "",
        others: "period:prometheus priority:int selector:string",
    },
    Section {
        path: "limits_config.otlp_config",
        go: "push.OTLPConfig",
        known: "",
        others: "severity_text_as_label:bool",
    },
    Section {
        path: "limits_config.otlp_config.resource_attributes",
        go: "push.ResourceAttributesConfig",
        known: "",
        others: "ignore_defaults:bool",
    },
    Section {
        path: "limits_config.otlp_config.resource_attributes.attributes_config[]",
        go: "push.AttributesConfig",
        known: "",
        others: "action:string attributes:strings regex",
    },
    Section {
        path: "limits_config.otlp_config.scope_attributes[]",
        go: "push.AttributesConfig",
        known: "",
        others: "action:string attributes:strings regex",
    },
    Section {
        path: "limits_config.otlp_config.log_attributes[]",
        go: "push.AttributesConfig",
        known: "",
        others: "action:string attributes:strings regex",
    },
    Section {
        path: "chunk_store_config",
        go: "config.ChunkStoreConfig",
        known: "",
        others: "chunk_cache_config chunk_cache_config_l2 write_dedupe_cache_config \
            skip_query_writeback_cache_older_than:duration l2_chunk_cache_handoff:duration \
            cache_lookups_older_than:prometheus",
    },
    Section {
        path: "distributor",
        go: "distributor.Config",
        known: "",
        others: "ring push_worker_count:int max_recv_msg_size:int max_decompressed_size:int rate_store \
            write_failures_logging otlp_config default_policy_stream_mappings kafka_writes_enabled:bool \
            ingester_writes_enabled:bool ingest_limits_enabled:bool ingest_limits_dry_run_enabled:bool dataobj_tee",
    },
    Section {
        path: "query_scheduler",
        go: "scheduler.Config",
        known: "",
        others: "max_outstanding_requests_per_tenant:int max_queue_hierarchy_levels:int \
            querier_forget_delay:duration grpc_client_config use_scheduler_ring:bool scheduler_ring",
    },
    Section {
        path: "frontend_worker",
        go: "worker.Config",
        known: "",
        others: "frontend_address:string scheduler_address:string dns_lookup_duration:duration id:string \
            query_frontend_grpc_client grpc_client_config query_scheduler_grpc_client",
    },
    Section { path: "index_gateway", go: "indexgateway.Config", known: "", others: "mode:string ring" },
    Section {
        path: "memberlist",
        go: "memberlist.KVConfig",
        known: "",
        others: "node_name:string randomize_node_name:bool stream_timeout:duration retransmit_factor:int \
            pull_push_interval:duration gossip_interval:duration gossip_nodes:int \
            gossip_to_dead_nodes_time:duration dead_node_reclaim_time:duration compression_enabled:bool \
            notify_interval:duration advertise_addr:string advertise_port:int cluster_label:string \
            cluster_label_verification_disabled:bool join_members:members min_join_backoff:duration \
            max_join_backoff:duration max_join_retries:int abort_if_cluster_fast_join_fails:bool \
            abort_if_cluster_fast_join_fails_min_nodes:int abort_if_cluster_join_fails:bool \
            rejoin_interval:duration rejoin_seed_nodes left_ingesters_timeout:duration \
            obsolete_entries_timeout:duration leave_timeout:duration \
            broadcast_timeout_for_local_updates_on_shutdown:duration message_history_buffer_bytes:int \
            watch_prefix_buffer_size:int bind_addr:strings bind_port:int packet_dial_timeout:duration \
            packet_write_timeout:duration max_concurrent_writes:int acquire_writer_timeout:duration \
            tls_enabled:bool tls_cert_path:string tls_key_path:string tls_ca_path:string tls_server_name:string \
            tls_insecure_skip_verify:bool tls_cipher_suites:string tls_min_version:string zone_aware_routing",
    },
    Section {
        path: "profiling",
        go: "loki.ProfilingConfig",
        known: "",
        others: "block_profile_rate:int cpu_profile_rate:int mutex_profile_fraction:int",
    },
    Section { path: "runtime_config", go: "runtimeconfig.Config", known: "", others: "period:duration file:string" },
    Section {
        path: "operational_config",
        go: "runtime.Config",
        known: "",
        others: "log_stream_creation:bool log_push_request:bool log_hash_of_labels:bool \
            log_push_request_streams:bool filter_push_request_streams_ips:strings log_service_name_discovery:bool \
            log_duplicate_metrics:bool log_duplicate_stream_info:bool limited_log_push_errors:bool",
    },
];
