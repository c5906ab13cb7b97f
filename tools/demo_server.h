/** One process serving the demo model: what its calls share. */
#ifndef WEIR_TOOLS_DEMO_SERVER_H
#define WEIR_TOOLS_DEMO_SERVER_H

#include "lib/net/server.h"

struct demo_server {
    uv_loop_t loop;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    struct chunk_pool chunks;
    struct server_limits limits;
    struct server *server;
    uint64_t pace_ms; /* between two events of a stream; 0: as fast as the client reads */
    uint64_t answers;
    bool is_stopping;
};

/** For a server whose owner is a struct demo_server. */
extern const struct server_handlers demo_handlers;

#endif
