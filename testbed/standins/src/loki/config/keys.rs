//! The keys that the stand-in knows, and the names of those that only Loki does.

/// One section of the configuration.
#[derive(Debug)]
pub struct Section {
    /// Where it stands; `[]` is an item of a list, and a key that leads to one is of no other type.
    pub path: &'static str,
    /// What Loki's messages call it.
    pub go: &'static str,
    /// Keys with their types, which are those of [`kind`](super::check): `http_listen_port:int`.
    pub known: &'static str,
    /// Further keys that Loki has: those with a type are looked at and not acted upon, the others are not known here.
    pub others: &'static str,
}

/// Sections that stand in several places.
const KVSTORE: &str = "store:string prefix:string";
const KVSTORE_OTHERS: &str = "consul etcd multi";
const CACHE: &str = "default_validity:duration";
const CACHE_OTHERS: &str = "prefix:string background memcached memcached_client redis";
const RING: &str = "heartbeat_period:duration heartbeat_timeout:duration tokens_file_path:string \
    zone_awareness_enabled:bool num_tokens:int replication_factor:int instance_id:string \
    instance_interface_names:strings instance_port:int instance_addr:string instance_availability_zone:string \
    instance_enable_ipv6:bool";

/// The configuration, section by section.
pub const SECTIONS: &[Section] = &[
    Section {
        path: "",
        go: "loki.ConfigWrapper",
        known: "target:string auth_enabled:bool ballast_bytes:int shutdown_delay:duration",
        others: "http_prefix:string internal_server query_engine ruler_storage ingester_client bloom_build \
            bloom_gateway compactor_client compactor_grpc_client kafka_config dataobj ingest_limits \
            ingest_limits_frontend ingest_limits_frontend_client tenant_limits_allow_publish:strings \
            legacy_read_target:bool metrics_namespace:string",
    },
    Section {
        path: "server",
        go: "server.Config",
        known: "http_listen_network:string http_listen_address:string http_listen_port:int \
            http_listen_conn_limit:int grpc_listen_network:string grpc_listen_address:string grpc_listen_port:int \
            grpc_listen_conn_limit:int register_instrumentation:bool graceful_shutdown_timeout:duration \
            http_server_read_timeout:duration http_server_read_header_timeout:duration \
            http_server_write_timeout:duration http_server_idle_timeout:duration grpc_server_max_recv_msg_size:int \
            grpc_server_max_send_msg_size:int grpc_server_max_concurrent_streams:int \
            grpc_server_max_connection_idle:duration grpc_server_max_connection_age:duration \
            grpc_server_max_connection_age_grace:duration grpc_server_keepalive_time:duration \
            grpc_server_keepalive_timeout:duration grpc_server_min_time_between_pings:duration \
            grpc_server_ping_without_stream_allowed:bool log_format:string log_level:string \
            log_source_ips_enabled:bool log_request_headers:bool log_request_at_info_level_enabled:bool \
            http_path_prefix:string",
        others: "grpc_collect_max_streams_by_conn:bool proxy_protocol_enabled:bool tls_cipher_suites:string \
            tls_min_version:string report_grpc_codes_in_instrumentation_label_enabled:bool \
            http_log_closed_connections_without_response_enabled:bool grpc_server_num_workers:int \
            grpc_server_stats_tracking_enabled:bool grpc_server_recv_buffer_pools_enabled:bool \
            log_source_ips_full:bool log_source_ips_header:string log_source_ips_regex:string \
            log_request_exclude_headers_list:string trace_request_headers:bool \
            trace_request_exclude_headers_list:string cluster_validation create_new_traces:bool",
    },
    Section {
        path: "common",
        go: "common.Config",
        known: "path_prefix:string persist_tokens:bool replication_factor:int instance_interface_names:strings \
            instance_addr:string compactor_address:string compactor_grpc_address:string",
        others: "scratch_path:string",
    },
    Section {
        path: "common.storage",
        go: "common.Storage",
        known: "",
        others: "gcs azure alibabacloud bos swift hedging cos congestion_control object_store",
    },
    Section {
        path: "common.storage.filesystem",
        go: "common.FilesystemConfig",
        known: "chunks_directory:string rules_directory:string",
        others: "",
    },
    Section { path: "common.ring", go: "util.RingConfig", known: RING, others: "" },
    Section { path: "common.ring.kvstore", go: "kv.Config", known: KVSTORE, others: KVSTORE_OTHERS },
    Section { path: "schema_config", go: "config.SchemaConfig", known: "", others: "" },
    Section {
        path: "schema_config.configs[]",
        go: "config.PeriodConfig",
        known: "from:day store:string object_store:string schema:string row_shards:int",
        others: "chunks",
    },
    Section {
        path: "schema_config.configs[].index",
        go: "config.IndexPeriodicTableConfig",
        known: "path_prefix:string prefix:string period:prometheus",
        others: "tags",
    },
    Section {
        path: "storage_config",
        go: "storage.Config",
        known: "max_chunk_batch_size:int max_parallel_get_chunk:int use_thanos_objstore:bool object_prefix:string",
        others: "alibabacloud aws azure bos bigtable gcs cassandra boltdb swift grpc_store hedging named_stores cos \
            index_cache_validity:duration congestion_control index_queries_cache_config \
            disable_broad_index_queries:bool object_store boltdb_shipper bloom_shipper",
    },
    Section { path: "storage_config.filesystem", go: "local.FSConfig", known: "directory:string", others: "" },
    Section {
        path: "storage_config.tsdb_shipper",
        go: "indexshipper.Config",
        known: "active_index_directory:string cache_location:string cache_ttl:duration resync_interval:duration \
            query_ready_num_days:int",
        others: "index_gateway_client ingestername:string mode:string ingesterdbretainperiod:duration",
    },
    Section {
        path: "limits_config",
        go: "validation.plain",
        known: "ingestion_rate_strategy:string ingestion_rate_mb:float ingestion_burst_size_mb:float \
            max_label_name_length:int max_label_value_length:int max_label_names_per_series:int \
            reject_old_samples:bool reject_old_samples_max_age:prometheus creation_grace_period:prometheus \
            max_line_size:bytes max_line_size_truncate:bool increment_duplicate_timestamp:bool \
            discover_service_name:strings discover_log_levels:bool log_level_fields:strings \
            use_owned_stream_count:bool max_streams_per_user:int max_global_streams_per_user:int \
            per_stream_rate_limit:bytes per_stream_rate_limit_burst:bytes max_chunks_per_query:int \
            max_query_series:int max_query_lookback:prometheus max_query_length:prometheus \
            max_query_range:prometheus max_query_parallelism:int tsdb_max_query_parallelism:int \
            tsdb_max_bytes_per_shard:bytes cardinality_limit:int max_streams_matchers_per_query:int \
            max_concurrent_tail_requests:int max_entries_limit_per_query:int \
            max_cache_freshness_per_query:prometheus max_stats_cache_freshness:prometheus \
            max_queriers_per_tenant:int query_ready_index_num_days:int query_timeout:prometheus \
            split_queries_by_interval:prometheus split_metadata_queries_by_interval:prometheus \
            min_sharding_lookback:prometheus max_query_bytes_read:bytes max_querier_bytes_read:bytes \
            volume_enabled:bool volume_max_series:int ruler_max_rules_per_rule_group:int \
            ruler_max_rule_groups_per_tenant:int deletion_mode:string retention_period:prometheus \
            allow_structured_metadata:bool max_structured_metadata_size:bytes \
            max_structured_metadata_entries_count:int metric_aggregation_enabled:bool \
            pattern_persistence_enabled:bool",
        others: "max_line_size_truncate_identifier:string simulated_push_latency:duration \
            enable_multi_variant_queries:bool discover_generic_fields log_level_from_json_max_depth:int \
            unordered_writes:bool tsdb_sharding_strategy:string tsdb_precompute_chunks:bool \
            max_metadata_cache_freshness:prometheus max_query_capacity:float \
            split_recent_metadata_queries_by_interval:prometheus recent_metadata_query_window:prometheus \
            split_instant_metric_queries_by_interval:prometheus \
            engine_results_cache_time_bucket_interval:prometheus split_ingester_queries_by_interval:prometheus \
            ruler_alertmanager_config ruler_tenant_shard_size:int ruler_enable_wal_replay:bool \
            ruler_remote_write_disabled:bool ruler_remote_write_url:string ruler_remote_write_timeout:duration \
            ruler_remote_write_headers ruler_remote_write_relabel_configs ruler_remote_write_queue_capacity:int \
            ruler_remote_write_queue_min_shards:int ruler_remote_write_queue_max_shards:int \
            ruler_remote_write_queue_max_samples_per_send:int ruler_remote_write_queue_batch_send_deadline:duration \
            ruler_remote_write_queue_min_backoff:duration ruler_remote_write_queue_max_backoff:duration \
            ruler_remote_write_queue_retry_on_ratelimit:bool ruler_remote_write_sigv4_config \
            ruler_remote_write_config ruler_remote_evaluation_timeout:duration \
            ruler_remote_evaluation_max_response_size:int per_tenant_override_config:string \
            per_tenant_override_period:prometheus allow_deletes:bool blocked_queries required_labels:strings \
            minimum_labels_number:int index_gateway_shard_size:int index_gateway_max_capacity:float \
            bloom_gateway_enable_filtering:bool bloom_build_max_builders:int bloom_build_task_max_retries:int \
            bloom_build_builder_response_timeout:duration bloom_creation_enabled:bool \
            bloom_planning_strategy:string bloom_split_series_keyspace_by:int \
            bloom_task_target_series_chunk_size:bytes bloom_block_encoding:string bloom_prefetch_blocks:bool \
            bloom_max_block_size:bytes bloom_max_bloom_size:bytes block_ingestion_policy_until \
            block_ingestion_until:time block_ingestion_status_code:int enforced_labels:strings \
            policy_enforced_labels policy_stream_mapping policy_override_limits \
            ingestion_partitions_tenant_shard_size:int shard_aggregations \
            pattern_ingester_tokenizable_json_fields_default:string \
            pattern_ingester_tokenizable_json_fields_append:string \
            pattern_ingester_tokenizable_json_fields_delete:string pattern_persistence_granularity:prometheus \
            pattern_rate_threshold:float s3_sse_type:string s3_sse_kms_key_id:string \
            s3_sse_kms_encryption_context:string max_scan_task_parallelism:int debug_engine_tasks:bool \
            debug_engine_streams:bool",
    },
    Section {
        path: "compactor",
        go: "compactor.Config",
        known: "working_directory:string compaction_interval:duration apply_retention_interval:duration \
            retention_enabled:bool retention_delete_delay:duration retention_delete_worker_count:int \
            retention_table_timeout:duration delete_request_store:string delete_request_store_key_prefix:string \
            delete_batch_size:int delete_request_cancel_period:duration delete_max_interval:duration \
            max_compaction_parallelism:int upload_parallelism:int tables_to_compact:int skip_latest_n_tables:int",
        others: "retention_backoff_config delete_request_store_db_type:string \
            backup_delete_request_store_db_type:string _:bool horizontal_scaling_mode:string worker_config \
            jobs_config deletion_marker_object_store_prefix",
    },
    Section { path: "compactor.compactor_ring", go: "util.RingConfig", known: RING, others: "" },
    Section { path: "compactor.compactor_ring.kvstore", go: "kv.Config", known: KVSTORE, others: KVSTORE_OTHERS },
    Section {
        path: "query_range",
        go: "queryrange.Config",
        known: "align_queries_with_step:bool cache_results:bool max_retries:int parallelise_shardable_queries:bool",
        others: "shard_aggregations cache_index_stats_results:bool index_stats_results_cache \
            cache_volume_results:bool volume_results_cache cache_instant_metric_results:bool \
            instant_metric_results_cache instant_metric_query_split_align:bool cache_series_results:bool \
            series_results_cache cache_label_results:bool label_results_cache",
    },
    Section {
        path: "query_range.results_cache",
        go: "queryrangebase.ResultsCacheConfig",
        known: "compression:string",
        others: "",
    },
    Section { path: "query_range.results_cache.cache", go: "cache.Config", known: CACHE, others: CACHE_OTHERS },
    Section {
        path: "query_range.results_cache.cache.embedded_cache",
        go: "cache.EmbeddedCacheConfig",
        known: "enabled:bool max_size_mb:int max_size_items:int ttl:duration",
        others: "",
    },
    Section {
        path: "frontend",
        go: "lokifrontend.Config",
        known: "log_queries_longer_than:duration max_body_size:int query_stats_enabled:bool \
            max_outstanding_per_tenant:int scheduler_address:string compress_responses:bool downstream_url:string \
            encoding:string address:string",
        others: "log_query_request_headers:string querier_forget_delay:duration \
            scheduler_dns_lookup_period:duration scheduler_worker_concurrency:int grpc_client_config \
            graceful_shutdown_timeout:duration instance_interface_names:strings instance_enable_ipv6:bool port:int \
            tail_proxy_url:string tail_tls_config support_parquet_encoding:bool",
    },
    Section {
        path: "querier",
        go: "querier.Config",
        known: "tail_max_duration:duration extra_query_delay:duration query_ingesters_within:duration \
            max_concurrent:int query_store_only:bool query_ingester_only:bool multi_tenant_queries_enabled:bool \
            per_request_limits_enabled:bool",
        others: "query_partition_ingesters:bool",
    },
    Section {
        path: "ingester",
        go: "ingester.Config",
        known: "concurrent_flushes:int flush_check_period:duration flush_op_timeout:duration \
            chunk_retain_period:duration chunk_idle_period:duration chunk_block_size:int chunk_target_size:int \
            chunk_encoding:string max_chunk_age:duration autoforget_unhealthy:bool sync_period:duration \
            sync_min_utilization:float max_returned_stream_errors:int query_store_max_look_back_period:duration",
        others: "flush_op_backoff index_shards max_dropped_streams:int shutdown_marker_path:string \
            owned_streams_check_interval:duration delegate_stream_limits_enabled kafka_ingestion",
    },
    Section {
        path: "ingester.wal",
        go: "ingester.WALConfig",
        known: "enabled:bool dir:string checkpoint_duration:duration flush_on_shutdown:bool \
            replay_memory_ceiling:bytes",
        others: "disk_full_threshold",
    },
    Section {
        path: "ingester.lifecycler",
        go: "ring.LifecyclerConfig",
        known: "num_tokens:int heartbeat_period:duration heartbeat_timeout:duration observe_period:duration \
            join_after:duration min_ready_duration:duration interface_names:strings final_sleep:duration \
            tokens_file_path:string address:string port:int id:string unregister_on_shutdown:bool",
        others: "enable_inet6:bool availability_zone:string readiness_check_ring_health:bool",
    },
    Section {
        path: "ingester.lifecycler.ring",
        go: "ring.Config",
        known: "heartbeat_timeout:duration replication_factor:int zone_awareness_enabled:bool",
        others: "excluded_zones:string",
    },
    Section { path: "ingester.lifecycler.ring.kvstore", go: "kv.Config", known: KVSTORE, others: KVSTORE_OTHERS },
    Section {
        path: "ruler",
        go: "ruler.Config",
        known: "external_url:string evaluation_interval:duration poll_interval:duration rule_path:string \
            alertmanager_url:string enable_alertmanager_discovery:bool enable_alertmanager_v2:bool enable_api:bool \
            enable_sharding:bool for_outage_tolerance:duration for_grace_period:duration resend_delay:duration \
            notification_timeout:duration notification_queue_capacity:int",
        others: "datasource_uid:string external_labels ruler_client alertmanager_refresh_interval:duration \
            alert_relabel_configs alertmanager_client sharding_strategy:string sharding_algo:string \
            search_pending_for:duration flush_period:duration enabled_tenants:string disabled_tenants:string \
            query_stats_enabled:bool disable_rule_group_label:bool wal wal_cleaner remote_write evaluation",
    },
    Section {
        path: "ruler.storage",
        go: "base.RuleStoreConfig",
        known: "type:string",
        others: "azure alibabacloud gcs s3 bos swift cos",
    },
    Section { path: "ruler.storage.local", go: "local.Config", known: "directory:string", others: "" },
    Section {
        path: "ruler.ring",
        go: "ruler.RingConfig",
        known: "heartbeat_period:duration heartbeat_timeout:duration num_tokens:int instance_id:string \
            instance_interface_names:strings instance_port:int instance_addr:string instance_enable_ipv6:bool",
        others: "",
    },
    Section { path: "ruler.ring.kvstore", go: "kv.Config", known: KVSTORE, others: KVSTORE_OTHERS },
    Section {
        path: "analytics",
        go: "analytics.Config",
        known: "reporting_enabled:bool usage_stats_url:string proxy_url:string",
        others: "tls_config",
    },
    Section {
        path: "pattern_ingester",
        go: "pattern.Config",
        known: "enabled:bool concurrent_flushes:int flush_check_period:duration max_clusters:int",
        others: "lifecycler client_config max_eviction_ratio:float pattern_persistence tee_config \
            connection_timeout:duration max_allowed_line_length:int retain_for max_chunk_age \
            pattern_sample_interval:duration volume_threshold",
    },
    Section {
        path: "pattern_ingester.metric_aggregation",
        go: "aggregation.Config",
        known: "loki_address:string timeout:duration push_period:duration",
        others: "sample_period:duration http_client_config use_tls:bool basic_auth backoff_config",
    },
];
