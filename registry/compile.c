#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "registry/build.h"
#include "registry/cells.h"
#include "registry/compile_access.h"
#include "registry/compile_browser.h"
#include "registry/compile_models.h"
#include "registry/compile_orders.h"
#include "registry/compile_secrets.h"
#include "registry/compile_snapshot.h"
#include "registry/content.h"
#include "registry/grants.h"
#include "registry/listings.h"
#include "registry/refuse.h"
#include "registry/render.h"

#include <sched.h>
#include <unistd.h>

typedef int step_fn(struct build *build);

static uint64_t usable_cores(void)
{
    cpu_set_t cores;
    long count;

    if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
        count = CPU_COUNT(&cores);
    else
        count = sysconf(_SC_NPROCESSORS_ONLN);
    if (count < 1)
        return 1;
    return count < SETTINGS_WORKERS_MAX ? (uint64_t)count : SETTINGS_WORKERS_MAX;
}

static void describe_settings(struct build *build)
{
    build->header.settings = build->data->settings;
    if (build->header.settings.workers == 0)
        build->header.settings.workers = usable_cores();
}

static int describe_header(struct build *build)
{
    const struct data *data = build->data;
    struct snapshot_header *header = &build->header;

    header->config_path = pool_add(&build->pool, data->config_path);
    header->state_dir = pool_add(&build->pool, data->state_dir);
    header->control_socket = pool_add(&build->pool, data->control_socket);
    header->ca_file = pool_add(&build->pool, data->ca_file);
    header->directory_groups = data->directory.group_count;
    header->directory_users = data->directory.user_count;
    header->directory_keys = data->directory.key_count;
    header->directory_old_keys = data->directory.old_digest_count;
    header->admin_socket = pool_add(&build->pool, data->admin_socket);
    header->admin_listen = pool_add(&build->pool, data->admin_listen);
    header->listen_count = data->listen_count;
    for (uint32_t i = 0; i < data->listen_count; i++) {
        INVARIANT(data->listen[i].len < SETTINGS_ADDRESS_BYTES);
        memcpy(header->listen[i], data->listen[i].ptr, data->listen[i].len);
    }
    return build->pool.err;
}

/* Each step needs those before it. */
static step_fn *const describe_steps[] = {
    describe_header,     compile_providers,    compile_order_models, compile_models,
    compile_model_slots, compile_subjects,     compile_keys,         compile_key_slots,
    compile_browser,     compile_keysets,      grants_build,         listings_build_dialects,
    compile_orders,      compile_search_texts, render_hash_contents, cells_identify,
};

static step_fn *const number_steps[] = {
    cells_assign,
    render_fragments,
    listings_build,
};

static int run(struct build *build, step_fn *const *steps, size_t count)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < count; i++)
        err = steps[i](build);
    return err;
}

#define RUN(build, steps) run(build, steps, sizeof(steps) / sizeof((steps)[0]))

static bool is_content_kept(const struct build *build)
{
    const struct snapshot *previous = build->input->previous;

    return previous != NULL && digest_equal(&previous->header->content, &build->header.content);
}

static bool are_secrets_kept(const struct build *build)
{
    const struct secrets *previous = build->input->previous_secrets;

    return previous != NULL && digest_equal(&previous->header->content, &build->secrets_content);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static int seal(struct build *build, struct registry_compiled *out)
{
    const struct registry_compile_input *input = build->input;

    build->header.generation = input->generation;
    build->header.has_directory = build->data->directory.file.header != NULL ? 1 : 0;
    build->header.published_s = is_content_kept(build) ? input->previous->header->published_s
                                                       : input->now_s;
    int err = compile_snapshot(build, &out->snapshot_fd);
    if (err == 0)
        err = compile_secrets(build, &out->secrets_fd);
    if (err == 0)
        err = compile_accounts(build, &out->accounts_fd);
    if (err != 0) {
        close_fd(&out->snapshot_fd);
        close_fd(&out->secrets_fd);
    }
    return err;
}

static int compile(struct build *build, struct registry_compiled *out)
{
    describe_settings(build);
    int err = refuse(build);

    if (err == 0)
        err = RUN(build, describe_steps);
    if (err != 0)
        return err;
    content_digest(build);
    err = compile_secrets_digest(build);
    if (err != 0)
        return err;
    if (is_content_kept(build) && are_secrets_kept(build)) {
        out->unchanged = true;
        return 0;
    }
    err = RUN(build, number_steps);
    return err != 0 ? err : seal(build, out);
}

int registry_compile(const struct registry *registry, const struct registry_compile_input *input,
                     struct report *report, struct registry_compiled *out)
{
    struct build build;

    *out = REGISTRY_COMPILED_NONE;
    int err = build_init(&build, &registry->data, input, report);
    if (err == 0)
        err = compile(&build, out);
    build_close(&build);
    return err;
}
