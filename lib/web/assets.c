#include "lib/web/files.h"

const struct web_asset *web_find_asset(struct span name)
{
    for (uint32_t i = 0; i < WEB_ASSET_COUNT; i++) {
        if (span_equal(web_assets[i].name, name))
            return &web_assets[i];
    }
    return NULL;
}
