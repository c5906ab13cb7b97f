/** What the checked registry knows of browsers' tokens; a part of data.h. */
#ifndef WEIR_REGISTRY_DATA_BROWSER_H
#define WEIR_REGISTRY_DATA_BROWSER_H

#include "lib/base/span.h"
#include "registry/report.h"

/** Who signs browsers' tokens. */
struct data_issuer {
    struct span issuer;
    struct span audience;
    struct span keys_url;
    struct report_place place;
};

enum { DATA_ISSUERS_MAX = 8 };

struct data_browser_user {
    struct span issuer; /* one of data_browser.issuers, by its text */
    struct span subject;
    uint32_t user; /* index into data.users */
};

/** The pair of tokens; zeroed: not accepted. */
struct data_browser {
    struct data_issuer app_check;
    uint32_t issuer_count;
    struct data_issuer issuers[DATA_ISSUERS_MAX];
    uint32_t user_count;
    const struct data_browser_user *users;
    uint32_t default_group; /* index into data.groups, or ROW_NONE */
    struct report_place place;
};

#endif
