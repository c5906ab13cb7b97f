#include "tools/offline.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "registry/suggest.h"
#include "tools/tools.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HINT_CANDIDATES_MAX = 100000 };

/* --- opening ---------------------------------------------------------------------------------- */

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

static int compile(struct offline *offline)
{
    const struct registry_compile_input input = {
        .generation = 1, .now_s = wall_now_s(), .is_unserved = true};
    struct registry_compiled compiled = REGISTRY_COMPILED_NONE;
    int err = registry_compile(offline->registry, &input, offline->report, &compiled);

    if (err == 0)
        err = snapshot_open(compiled.snapshot_fd, &offline->snapshot);
    close_fd(compiled.snapshot_fd);
    close_fd(compiled.secrets_fd);
    close_fd(compiled.accounts_fd);
    return err;
}

/* No bit is set: what is revoked for good stands in the export, and so in the generation. */
static int clear_revocations(struct offline *offline)
{
    struct revocations_fds fds = REVOCATIONS_FDS_NONE;
    int err = revocations_create(offline->snapshot.header->cells_used, &fds, &offline->revocations);

    revocations_close_fds(&fds);
    return err;
}

/* Without what stands behind these references a key or a deployment is not there. */
static bool changes_answers(const char *path)
{
    size_t len = strlen(path);
    const struct span digest = SPAN(".sha256");

    return strstr(path, "].provider") != NULL ||
           (strncmp(path, "keys.", 5) == 0 && len > digest.len &&
            strcmp(path + len - digest.len, digest.ptr) == 0);
}

bool offline_open(struct offline *offline, const char *who, const char *path)
{
    int err = ERR_NO_MEMORY;

    *offline = (struct offline){
        .who = who,
        .path = path == NULL ? OFFLINE_CONFIG_DEFAULT : path,
        .report = report_new(),
        .digester = digester_new(),
    };
    if (offline->report != NULL && offline->digester != NULL) {
        offline->registry = registry_load(offline->path, false, NULL, offline->report);
        err = offline->registry == NULL ? ERR_CONFIG : compile(offline);
    }
    if (err == 0)
        err = clear_revocations(offline);
    if (err == 0) {
        (void)report_print_some(offline->report, changes_answers, STDERR_FILENO);
        return true;
    }
    if (offline->report != NULL)
        (void)report_print(offline->report, STDERR_FILENO);
    fprintf(stderr, "%s: %s: the configuration cannot be loaded%s%s\n", who, offline->path,
            err == ERR_CONFIG ? "" : ": ", err == ERR_CONFIG ? "" : err_text(err));
    if (path == NULL && access(offline->path, F_OK) != 0)
        fprintf(stderr, "%s: another file is named with --config FILE\n", who);
    return false;
}

void offline_close(struct offline *offline)
{
    revocations_close(&offline->revocations);
    snapshot_close(&offline->snapshot);
    registry_free(&offline->registry);
    digester_free(&offline->digester);
    report_free(&offline->report);
}

bool offline_knows_directory(const struct offline *offline)
{
    const struct data_directory *directory = &offline_data(offline)->directory;

    if (directory->file.header != NULL || access(directory->path.ptr, R_OK) == 0 || errno != EACCES)
        return true;
    fprintf(stderr, "%s: %s cannot be read by this user, and keys may stand in it: ask as root\n",
            offline->who, directory->path.ptr);
    return false;
}

/* --- callers ---------------------------------------------------------------------------------- */

static uint32_t find_name(const struct data *data, struct span name)
{
    for (uint32_t i = 0; i < data->key_count; i++) {
        if (span_equal(data->keys[i].name, name))
            return i;
    }
    return ROW_NONE;
}

static uint32_t find_digest(const struct data *data, const struct digest *digest)
{
    for (uint32_t i = 0; i < data->key_count; i++) {
        if (digest_equal(&data->keys[i].digest, digest))
            return i;
    }
    return ROW_NONE;
}

/* One line of standard input, without its end. @return false: there is none, or it is too long */
static bool read_text(char memory[static ACCESS_KEY_BYTES_MAX + 2], struct span *out)
{
    size_t len = 0;
    ssize_t count = 1;

    while (count > 0 && len < ACCESS_KEY_BYTES_MAX + 2 && memchr(memory, '\n', len) == NULL) {
        count = read(STDIN_FILENO, memory + len, ACCESS_KEY_BYTES_MAX + 2 - len);
        if (count < 0 && errno == EINTR)
            count = 1;
        else
            len += count > 0 ? (size_t)count : 0;
    }
    const char *end = memchr(memory, '\n', len);

    *out = (struct span){memory, end == NULL ? len : (size_t)(end - memory)};
    if (out->len > 0 && out->ptr[out->len - 1] == '\r')
        out->len--;
    return out->len > 0 && out->len <= ACCESS_KEY_BYTES_MAX;
}

static int find_text(const struct offline *offline, struct caller *out)
{
    char memory[ACCESS_KEY_BYTES_MAX + 2] = {0};
    struct span text;
    bool is_read = read_text(memory, &text);

    if (is_read) {
        const struct digest digest = digester_hash(offline->digester, text);

        out->key = find_digest(offline_data(offline), &digest);
    } else {
        fprintf(stderr, "%s: standard input holds no key, or more than %d bytes\n", offline->who,
                ACCESS_KEY_BYTES_MAX);
    }
    explicit_bzero(memory, sizeof(memory));
    return is_read ? TOOL_OK : TOOL_USAGE;
}

int offline_find_caller(const struct offline *offline, const char *word, struct caller *out)
{
    *out = (struct caller){.is_anonymous = word[0] == '\0', .key = ROW_NONE};
    if (strcmp(word, "-") == 0)
        return find_text(offline, out);
    if (!out->is_anonymous)
        out->key = find_name(offline_data(offline), span_of(word));
    return TOOL_OK;
}

int offline_identify(const struct offline *offline, const struct caller *caller,
                     enum key_flag scope, struct access *out)
{
    const struct access_basis basis = {&offline->snapshot, &offline->revocations};
    const struct data *data = offline_data(offline);

    if (caller->is_anonymous)
        return access_identify(&basis, offline->digester, SPAN(""), scope, out);
    if (caller->key == ROW_NONE)
        return ERR_UNKNOWN_KEY;
    return access_identify_digest(&basis, &data->keys[caller->key].digest, scope, out);
}

int offline_admit(const struct offline *offline, const struct caller *caller, struct span slug)
{
    struct access access;
    uint32_t model;
    int err = offline_identify(offline, caller, KEY_SCOPE_CALL, &access);

    return err != 0 ? err : access_admit(&offline->snapshot, &access, slug, &model);
}

/* --- hints ------------------------------------------------------------------------------------ */

static const char *hint_of(const struct suggestion *suggestion, char *memory)
{
    char hint[OFFLINE_HINT_BYTES - 2];

    (void)snprintf(memory, OFFLINE_HINT_BYTES, "; %s",
                   suggestion_hint(suggestion, hint, sizeof(hint)));
    return suggestion->best.len == 0 ? "" : memory;
}

const char *offline_key_hint(const struct offline *offline, const char *name, char *memory)
{
    const struct data *data = offline_data(offline);
    struct suggestion suggestion = suggestion_begin(span_of(name));

    for (uint32_t i = 0; i < data->key_count && i < HINT_CANDIDATES_MAX; i++)
        suggestion_offer(&suggestion, data->keys[i].name);
    return hint_of(&suggestion, memory);
}

const char *offline_model_hint(const struct offline *offline, const char *slug, char *memory)
{
    const struct data *data = offline_data(offline);
    struct suggestion suggestion = suggestion_begin(span_of(slug));

    for (uint32_t i = 0; i < data->model_count; i++)
        suggestion_offer(&suggestion, data->models[i].slug);
    return hint_of(&suggestion, memory);
}
