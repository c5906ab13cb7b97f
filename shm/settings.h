/**
 * Every scalar setting of the daemon, once.
 *
 * From these rows come the struct below, the defaults, the YAML binder with its messages,
 * `weir config --defaults` and the manual. A copy sits in each snapshot, so that settings and
 * models change together.
 *
 * X(section, name, kind, default, min, max, when, sentence)
 *
 * section   the YAML mapping that holds it; top means the document itself
 * kind      COUNT a whole number · BYTES a whole number, optionally with KiB, MiB or GiB ·
 *           MS milliseconds · SWITCH true or false
 * when      RELOAD, or RESTART: a reload that changes it is refused and names it
 */
#ifndef WEIR_SHM_SETTINGS_H
#define WEIR_SHM_SETTINGS_H

#include <stdint.h>

/** A client's queue holds at least this much: what is sent at once may rely on it. */
enum { SETTINGS_STREAM_BUFFER_LEAST = 65536 };

#define SETTINGS_MAP(X)                                                                           \
    X(top, workers, COUNT, 0, 0, 64, RELOAD, "worker processes; auto is one per usable core")     \
    X(top, conceal_ungranted, SWITCH, 0, 0, 1, RELOAD,                                            \
      "answer 404 instead of 403 for a model that exists but is not granted")                     \
    X(top, strict_params, SWITCH, 0, 0, 1, RELOAD,                                                \
      "refuse a call whose translation would leave something out, instead of leaving it out")     \
    X(top, drain_ms, MS, 30000, 0, 86400000, RELOAD,                                              \
      "how long a stopping worker lets open requests finish")                                     \
    X(limits, connections, COUNT, 4096, 1, 1000000, RELOAD, "client connections per worker")      \
    X(limits, calls, COUNT, 4096, 1, 1000000, RELOAD, "upstream calls open at once per worker")   \
    X(limits, head_bytes, BYTES, 32768, 1024, 1048576, RELOAD,                                    \
      "request line and headers together")                                                        \
    X(limits, body_bytes, BYTES, 33554432, 1024, 1073741824, RELOAD, "one request body")          \
    X(limits, body_memory, BYTES, 268435456, 1048576, 1099511627776, RELOAD,                      \
      "all request bodies of a worker together")                                                  \
    X(limits, stream_buffer_bytes, BYTES, 262144, SETTINGS_STREAM_BUFFER_LEAST, 67108864, RELOAD, \
      "answer bytes that wait for one slow client before its upstream is paused")                 \
    X(limits, json_depth, COUNT, 64, 8, 1024, RELOAD, "nesting of a request body")                \
    X(limits, json_tokens, COUNT, 262144, 1024, 16777216, RELOAD,                                 \
      "JSON values of a request that is translated")                                              \
    X(limits, answer_bytes, BYTES, 16777216, 65536, 1073741824, RELOAD,                           \
      "one answer that is translated, or one event of it")                                        \
    X(limits, translation_memory, BYTES, 268435456, 1048576, 1099511627776, RELOAD,               \
      "what all translated calls of a worker hold of their answers")                              \
    X(timeouts, client_idle_ms, MS, 60000, 100, 86400000, RELOAD,                                 \
      "silence on a kept connection between requests")                                            \
    X(timeouts, client_head_ms, MS, 10000, 100, 3600000, RELOAD,                                  \
      "from the first byte of a request head to its last")                                        \
    X(timeouts, client_body_ms, MS, 30000, 100, 3600000, RELOAD, "silence inside a request body") \
    X(timeouts, client_send_ms, MS, 60000, 100, 3600000, RELOAD,                                  \
      "a client that reads nothing of a waiting answer")                                          \
    X(timeouts, connect_ms, MS, 5000, 50, 600000, RELOAD,                                         \
      "an upstream's connection, name and TLS included")                                          \
    X(timeouts, first_byte_ms, MS, 300000, 50, 86400000, RELOAD,                                  \
      "from the sent request to the whole head of the upstream's answer")                         \
    X(timeouts, between_events_ms, MS, 300000, 50, 86400000, RELOAD,                              \
      "silence inside an upstream's answer")                                                      \
    X(timeouts, total_ms, MS, 3600000, 50, 604800000, RELOAD, "a whole upstream call")            \
    X(timeouts, keepalive_ms, MS, 15000, 0, 600000, RELOAD,                                       \
      "silence in a stream after which the client gets a comment; 0: never")                      \
    X(retries, attempts_max, COUNT, 3, 1, 16, RELOAD, "attempts of one call, the first included") \
    X(retries, pause_ms, MS, 250, 1, 10000, RELOAD,                                               \
      "before deployments that failed are tried once more; doubles each time")                    \
    X(retries, retry_percent, COUNT, 20, 0, 100, RELOAD,                                          \
      "retries allowed per hundred first attempts, per provider; 0: none")                        \
    X(retries, retry_after_max_ms, MS, 60000, 0, 3600000, RELOAD,                                 \
      "longest Retry-After of a provider that is believed; 0: none is")                           \
    X(breaker, failures, COUNT, 5, 1, 255, RELOAD,                                                \
      "failures in a row after which a deployment is left alone")                                 \
    X(breaker, open_ms, MS, 15000, 100, 3600000, RELOAD,                                          \
      "how long it is left alone before one call tries it")                                       \
    X(session, lifetime_ms, MS, 43200000, 1000, 2592000000, RELOAD,                               \
      "how long a browser stays signed in")                                                       \
    X(session, https_only, SWITCH, 0, 0, 1, RELOAD,                                               \
      "let people sign in over https only, as their browser sees it")                             \
    X(reload, load_ms, MS, 60000, 100, 3600000, RELOAD,                                           \
      "how long the loader may take before it is stopped")                                        \
    X(reload, ack_ms, MS, 10000, 100, 600000, RELOAD,                                             \
      "how long a worker may take to adopt a generation before it is replaced")                   \
    X(state, cells_max, COUNT, 4194304, 1024, 67108864, RESTART,                                  \
      "limit, budget and breaker cells in the state segment")

struct settings {
#define X(section, name, ...) uint64_t name;
    SETTINGS_MAP(X)
#undef X
};

enum {
    SETTINGS_LISTEN_MAX = 16,        /* addresses in `listen` */
    SETTINGS_WORKERS_MAX = 64,       /* must equal the maximum of `workers` */
    SETTINGS_ADDRESS_BYTES = 64,     /* "[::1]:65535" and its NUL fit well */
    SETTINGS_DESCRIPTORS_SPARE = 64, /* kept free in each worker for reloads and look-ups */
};

#endif
