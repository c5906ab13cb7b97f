#include "registry/refuse.h"

#include "lib/base/err.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATH_BYTES = 128 };

enum when { WHEN_RELOAD, WHEN_RESTART };

/* The values of struct settings and the places of struct data, both in the order of the table. */
static const struct {
    const char *section;
    const char *name;
    enum when when;
    size_t value_at;
    size_t place_at;
} settings_rows[] = {
#define X(section, name, kind, fallback, min, max, when, sentence)  \
    {#section, #name, WHEN_##when, offsetof(struct settings, name), \
     offsetof(struct data, places.name)},
    SETTINGS_MAP(X)
#undef X
};

static uint64_t value_at(const struct settings *settings, size_t offset)
{
    uint64_t value;

    memcpy(&value, (const char *)settings + offset, sizeof(value));
    return value;
}

static struct report_place place_at(const struct data *data, size_t offset)
{
    struct report_place place;

    memcpy(&place, (const char *)data + offset, sizeof(place));
    return place;
}

static void report_fixed(const struct build *build, struct report_place place, const char *path)
{
    report_add(build->report, REPORT_ERROR, place, path, "", "cannot change without a restart");
}

static void refuse_fixed_settings(const struct build *build)
{
    const struct settings *before = &build->input->previous->header->settings;

    for (size_t i = 0; i < sizeof(settings_rows) / sizeof(settings_rows[0]); i++) {
        char path[PATH_BYTES];
        bool is_top = strcmp(settings_rows[i].section, "top") == 0;

        if (settings_rows[i].when == WHEN_RELOAD ||
            value_at(before, settings_rows[i].value_at) ==
                value_at(&build->data->settings, settings_rows[i].value_at))
            continue;
        snprintf(path, sizeof(path), "%s%s%s", is_top ? "" : settings_rows[i].section,
                 is_top ? "" : ".", settings_rows[i].name);
        report_fixed(build, place_at(build->data, settings_rows[i].place_at), path);
    }
}

static bool are_addresses_equal(const struct data *data, const struct snapshot_header *before)
{
    if (data->listen_count != before->listen_count)
        return false;
    for (uint32_t i = 0; i < data->listen_count; i++) {
        if (!span_equal(data->listen[i], span_of(before->listen[i])))
            return false;
    }
    return true;
}

static void refuse_fixed_paths(const struct build *build)
{
    const struct data *data = build->data;
    const struct snapshot *previous = build->input->previous;

    if (!are_addresses_equal(data, previous->header))
        report_fixed(build, data->places.listen, "listen");
    if (!span_equal(data->state_dir, snapshot_bytes(previous, previous->header->state_dir)))
        report_fixed(build, data->places.state_dir, "state_dir");
    if (!span_equal(data->control_socket,
                    snapshot_bytes(previous, previous->header->control_socket)))
        report_fixed(build, data->places.control_socket, "control_socket");
    if (!span_equal(data->ca_file, snapshot_bytes(previous, previous->header->ca_file)))
        report_fixed(build, data->places.ca_file, "ca_file");
}

/* Whatever it revoked would work again. A start is another matter: there may never have been one. */
static void refuse_lost_directory(const struct build *build)
{
    const struct data_directory *directory = &build->data->directory;

    if (build->input->previous->header->has_directory == 0 || directory->file.header != NULL)
        return;
    report_add(build->report, REPORT_ERROR, (struct report_place){directory->path.ptr, 0, 0}, "",
               "the steward writes it anew from the database",
               "the directory's export was there and is missing now");
}

/* Without certificates every call to an https provider would fail. */
static void refuse_missing_certificates(const struct build *build)
{
    const struct data *data = build->data;

    for (uint32_t i = 0; i < data->provider_count; i++) {
        if (!span_starts_with(data->providers[i].base_url, SPAN("https://")) &&
            !span_starts_with(data->providers[i].account.token_url, SPAN("https://")))
            continue;
        if (access(data->ca_file.ptr, R_OK) != 0)
            report_add(build->report, REPORT_ERROR, data->places.ca_file, "ca_file",
                       "the package ca-certificates has one",
                       "\"%.*s\" cannot be read, and the provider \"%.*s\" is called by https",
                       SPAN_FMT(data->ca_file), SPAN_FMT(data->providers[i].name));
        return;
    }
}

/* The steward asks for all of them, and keeps what it got in memory of a fixed size. */
static void refuse_accounts(const struct build *build)
{
    const struct data *data = build->data;
    uint32_t accounts = 0;

    for (uint32_t i = 0; i < data->provider_count; i++) {
        if (!data->providers[i].has_account || ++accounts != ACCOUNTS_MAX + 1)
            continue;
        report_add(build->report, REPORT_ERROR, data->providers[i].place, "providers", "",
                   "more than %d providers have credentials", ACCOUNTS_MAX);
    }
}

/* A worker that ran out of descriptors would stop accepting, or lose a reload. */
static void refuse_descriptors(const struct build *build)
{
    const struct data *data = build->data;
    const struct settings *settings = &data->settings;
    /* A worker may have to stand in for all others' listeners. */
    const uint64_t listening = build->header.settings.workers * data->listen_count;
    const uint64_t wanted = settings->connections + settings->calls + SETTINGS_DESCRIPTORS_SPARE +
                            listening;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY ||
        wanted <= limit.rlim_max)
        return;
    report_add(build->report, REPORT_ERROR, data->places.connections, "limits.connections",
               "lower one of the two, or raise LimitNOFILE= of the service",
               "limits.connections (%llu) and limits.calls (%llu), with %d spare and %u listening, "
               "need %llu descriptors in a worker, and RLIMIT_NOFILE allows %llu",
               (unsigned long long)settings->connections, (unsigned long long)settings->calls,
               SETTINGS_DESCRIPTORS_SPARE, data->listen_count, (unsigned long long)wanted,
               (unsigned long long)limit.rlim_max);
}

int refuse(const struct build *build)
{
    const uint32_t errors = report_errors(build->report);

    if (build->input->previous != NULL) {
        refuse_fixed_settings(build);
        refuse_fixed_paths(build);
        refuse_lost_directory(build);
    }
    if (!build->input->is_unserved) {
        refuse_missing_certificates(build);
        refuse_descriptors(build);
    }
    refuse_accounts(build);
    return report_errors(build->report) == errors ? 0 : ERR_CONFIG;
}
