#include "lib/access/access.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

int access_admit(const struct snapshot *snapshot, const struct access *access, struct span slug,
                 uint32_t *model)
{
    INVARIANT(access->grant_set < snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS));
    uint32_t number = snapshot_find_model(snapshot, slug);

    if (number == ROW_NONE)
        return ERR_UNKNOWN_MODEL;
    if (!snapshot_is_granted(snapshot, access->grant_set, number))
        return snapshot->header->settings.conceal_ungranted != 0 ? ERR_UNKNOWN_MODEL
                                                                 : ERR_NOT_GRANTED;
    *model = number;
    return 0;
}
