/** What the checked registry knows of users, groups and keys; a part of data.h. */
#ifndef WEIR_REGISTRY_DATA_ACCESS_H
#define WEIR_REGISTRY_DATA_ACCESS_H

#include "lib/base/digest.h"
#include "lib/base/span.h"

#include <stdint.h>

/** References to models: `models: all`, or a list. */
struct data_grant {
    bool all;
    uint32_t count;
    const uint32_t *models; /* indexes into data.models; disabled ones may be among them */
};

/** An amount per time as written: `600/min`, `1M/min`, `{rate: 600/min, burst: 60}`. 0: none. */
struct data_rate {
    uint64_t per_minute;
    uint64_t burst;
};

struct data_limits {
    struct data_rate requests;
    struct data_rate input_tokens;
    struct data_rate output_tokens;
    uint32_t concurrent; /* 0: none */
};

enum data_window { WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_TOTAL };

struct data_budget {
    bool given;
    uint64_t micro_usd;
    enum data_window per;
};

/** A user or a group. */
struct data_subject {
    struct span name;
    bool disabled;
    struct data_grant grant;
    struct data_limits limits;
    struct data_budget budget;
    uint32_t group_count; /* of a user */
    const uint32_t *groups;
};

struct data_key {
    struct span name;
    struct digest digest;
    uint32_t user;  /* index into data.users, or ROW_NONE */
    uint32_t group; /* index into data.groups, or ROW_NONE */
    uint32_t flags; /* enum key_flag: scopes, KEY_DISABLED, KEY_REVOKED by the directory */
    int64_t expires_s;
    bool restricted; /* to `allowed`, which may name no model that there is */
    uint32_t allowed_count;
    const uint32_t *allowed;
};

#endif
