#include "registry/load.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "registry/binder.h"
#include "registry/files.h"
#include "registry/merge.h"
#include "registry/sections.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

struct load {
    struct registry *registry;
    struct draft draft;
    struct names files; /* included: a file that two patterns match is read once */
    struct list read;   /* struct span: files, with names that the registry keeps */
    struct report *report;
    const char *main_file;
    char folder[PATH_MAX];
    uint64_t bytes_left;
    bool unreadable; /* a file is missing from what was read: names that lack may be in it */
    bool has_folder; /* the text came from a file, and the directory may stand in state_dir */
    registry_restore_fn *restore;
    struct binder binder;
};

/* Secrets lie in the registry's arena, which is ours to write. */
static void wipe(struct span secret)
{
    if (secret.len == 0)
        return;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a span has no form that can be written */
    explicit_bzero((char *)(uintptr_t)secret.ptr, secret.len);
}

static struct report_place whole(const char *file)
{
    return (struct report_place){file, 0, 0};
}

static void bind_text_of(struct load *load, struct span text, const char *file, bool included)
{
    struct yaml_events yaml;

    if (yaml_events_open(&yaml, text, file, load->report) != 0) {
        load->binder.out_of_memory = true;
        return;
    }
    load->binder.yaml = &yaml;
    load->binder.included = included;
    if (yaml.node != NODE_STOP) {
        bind_document(&load->binder);
        yaml_events_finish(&yaml);
    } else if (!yaml.failed) {
        report_add(load->report, included ? REPORT_WARNING : REPORT_ERROR, whole(file), "", "",
                   "the file is empty");
    }
    load->unreadable = load->unreadable || yaml.failed;
    yaml_events_close(&yaml);
}

static void bind_file(struct load *load, const char *path, bool included)
{
    struct span text = {NULL, 0};
    struct span kept = arena_copy(load->registry->arena, span_of(path));
    struct span *read = kept.ptr == NULL ? NULL : list_add(&load->read);
    const char *problem = "";

    if (read == NULL) {
        load->binder.out_of_memory = true;
        return;
    }
    *read = kept;
    int err = file_content_read(path, load->bytes_left, &text, &problem);
    if (err != 0) {
        if (err == ERR_NO_SPACE)
            problem = "the files of the configuration are larger than 256 MiB together";
        report_add(load->report, REPORT_ERROR, whole(kept.ptr), "", "", "%s", problem);
        load->unreadable = true;
        return;
    }
    load->bytes_left -= text.len;
    bind_text_of(load, text, kept.ptr, included);
    file_content_free(&text);
}

static bool is_main_file(const struct load *load, const char *path)
{
    struct stat main_info;
    struct stat info;

    return stat(load->main_file, &main_info) == 0 && stat(path, &info) == 0 &&
           info.st_dev == main_info.st_dev && info.st_ino == main_info.st_ino;
}

static void include_file(struct load *load, const struct reference *pattern, const char *path)
{
    struct span kept = arena_copy(load->registry->arena, span_of(path));
    uint32_t number;
    int err = kept.ptr == NULL ? ERR_NO_MEMORY
                               : names_add(&load->files, kept, pattern->place, &number);

    if (err == ERR_NO_MEMORY)
        load->binder.out_of_memory = true;
    if (err != 0)
        return;
    if (is_main_file(load, path))
        report_add(load->report, REPORT_ERROR, pattern->place, "include", "",
                   "the pattern matches the main file itself");
    else if (load->files.count > LOAD_INCLUDED_FILES_MAX)
        report_add(load->report, REPORT_ERROR, pattern->place, "include", "",
                   "there are more than %d files", LOAD_INCLUDED_FILES_MAX);
    else
        bind_file(load, kept.ptr, true);
}

/* A folder that is not there holds no match; one that cannot be read may hold some. */
static int on_glob_error(const char *path, int error)
{
    (void)path;
    return error == ENOENT || error == ENOTDIR ? 0 : 1;
}

static void include_pattern(struct load *load, const struct reference *pattern)
{
    bool absolute = pattern->name.len > 0 && pattern->name.ptr[0] == '/';
    char path[PATH_MAX * 2];
    glob_t found;

    (void)snprintf(path, sizeof(path), "%s%s%.*s", absolute ? "" : load->folder,
                   absolute ? "" : "/", SPAN_FMT(pattern->name));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): a load has one thread */
    int result = glob(path, 0, on_glob_error, &found);
    if (result == GLOB_NOMATCH)
        report_add(load->report, REPORT_WARNING, pattern->place, "include", "", "no file matches");
    else if (result != 0)
        report_add(load->report, REPORT_ERROR, pattern->place, "include", "",
                   "a folder of the pattern cannot be read");
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
        include_file(load, pattern, found.gl_pathv[i]);
    globfree(&found);
}

static void include_all(struct load *load)
{
    for (uint32_t i = 0; i < load->draft.includes.count; i++) {
        const struct reference *pattern = list_at(&load->draft.includes, i);

        if (load->binder.folder != NULL)
            include_pattern(load, pattern);
        else
            report_add(load->report, REPORT_ERROR, pattern->place, "include", "",
                       "a text that is not in a file cannot include files");
    }
}

/* The folder of the main file, which `include` and `${file:…}` are relative to. */
static int set_folder(struct load *load, const char *config_path)
{
    const char *slash = strrchr(config_path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - config_path);

    if (len >= sizeof(load->folder))
        return ERR_NO_SPACE;
    if (slash == NULL)
        (void)snprintf(load->folder, sizeof(load->folder), ".");
    else
        (void)snprintf(load->folder, sizeof(load->folder), "%.*s", (int)len, config_path);
    load->main_file = config_path;
    load->binder.folder = load->folder;
    return 0;
}

/* A registry lies in its own arena. */
static struct registry *registry_new(void)
{
    struct arena *arena = arena_new(LOAD_REGISTRY_BYTES_MAX);
    struct registry *registry = arena == NULL ? NULL : arena_take(arena, sizeof(*registry));

    if (registry == NULL) {
        arena_free(&arena);
        return NULL;
    }
    registry->arena = arena;
    settings_set_defaults(&registry->data);
    return registry;
}

static int link_all(struct load *load)
{
    struct registry *registry = load->registry;
    const struct merge merge = {
        .draft = &load->draft,
        .data = &registry->data,
        .arena = registry->arena,
        .scratch = load->binder.scratch,
        .report = load->report,
    };
    int err = 0;

    if (load->has_folder)
        err = merge_open(&merge, load->binder.resolve, load->restore);
    /* Names that the configuration refers to may be in what could not be read. */
    if (err == ERR_CONFIG)
        return 0;
    if (err == 0)
        err = draft_link(&load->draft, registry->arena, load->report, &registry->data);
    return err == 0 ? merge_rows(&merge) : err;
}

static void keep_files(struct load *load)
{
    struct data *data = &load->registry->data;

    data->file_count = load->read.count;
    data->files = list_copy(&load->read, load->registry->arena);
    if (data->files == NULL && data->file_count > 0)
        load->binder.out_of_memory = true;
}

/* What was bound becomes the registry, or nothing when there is an error. */
static struct registry *finish(struct load *load, uint32_t errors_before)
{
    struct registry *registry = load->registry;

    keep_files(load);
    if (!load->unreadable && !load->binder.out_of_memory && link_all(load) != 0)
        load->binder.out_of_memory = true;
    if (load->binder.out_of_memory)
        report_add(load->report, REPORT_ERROR, whole(load->main_file), "", "",
                   "the configuration does not fit into memory");
    if (report_errors(load->report) != errors_before)
        return NULL;
    load->registry = NULL;
    return registry;
}

/* Secrets that did not become a registry's. */
static void wipe_secrets(const struct load *load)
{
    const struct list *rows = &load->draft.providers.rows;

    for (uint32_t i = 0; load->registry != NULL && i < rows->count; i++) {
        const struct data_provider *provider = list_at(rows, i);

        wipe(provider->secret);
        wipe(provider->account.private_key);
    }
}

static void load_close(struct load **load)
{
    if (*load == NULL)
        return;
    struct arena *scratch = (*load)->binder.scratch;

    wipe_secrets(*load);
    draft_close(&(*load)->draft);
    list_close(&(*load)->binder.items);
    list_close(&(*load)->read);
    registry_free(&(*load)->registry);
    explicit_bzero(*load, sizeof(**load));
    arena_free(&scratch);
    *load = NULL;
}

/* A load lies in its scratch arena. */
static struct load *load_new(bool resolve, struct report *report)
{
    struct arena *scratch = arena_new(LOAD_REGISTRY_BYTES_MAX);
    struct load *load = scratch == NULL ? NULL : arena_take(scratch, sizeof(*load));
    struct registry *registry = registry_new();

    if (load == NULL || registry == NULL) {
        report_add(report, REPORT_ERROR, whole(NULL), "", "", "there is no memory for a load");
        arena_free(&scratch);
        registry_free(&registry);
        return NULL;
    }
    load->registry = registry;
    load->report = report;
    load->bytes_left = LOAD_CONFIG_BYTES_MAX;
    draft_init(&load->draft, scratch);
    names_init(&load->files, scratch);
    load->read = (struct list){.row_bytes = sizeof(struct span)};
    load->binder.arena = registry->arena;
    load->binder.scratch = scratch;
    load->binder.report = report;
    load->binder.draft = &load->draft;
    load->binder.data = &registry->data;
    load->binder.resolve = resolve;
    load->binder.items = (struct list){.row_bytes = sizeof(struct reference)};
    return load;
}

struct registry *registry_load(const char *config_path, bool resolve, registry_restore_fn *restore,
                               struct report *report)
{
    uint32_t errors = report_errors(report);
    struct load *load = load_new(resolve, report);
    struct registry *registry = NULL;

    if (load == NULL)
        return NULL;
    struct span kept = arena_copy(load->registry->arena, span_of(config_path));
    if (kept.ptr == NULL || set_folder(load, config_path) != 0) {
        report_add(report, REPORT_ERROR, whole(NULL), "", "", "the file's path is too long");
    } else {
        load->registry->data.config_path = kept;
        load->has_folder = true;
        load->restore = restore;
        bind_file(load, config_path, false);
        include_all(load);
        registry = finish(load, errors);
    }
    load_close(&load);
    return registry;
}

static int write_admin_socket(const struct data *data, char *path, size_t path_bytes)
{
    struct text out = text_over(path, path_bytes);

    text_add(&out, data->admin_socket.len > 0 ? data->admin_socket : data->state_dir);
    if (data->admin_socket.len == 0)
        text_add(&out, SPAN("/admin.sock"));
    text_add_char(&out, '\0');
    return out.err;
}

int registry_find_admin_socket(const char *config_path, char *path, size_t path_bytes)
{
    struct report *report = report_new();
    struct load *load = report == NULL ? NULL : load_new(false, report);
    int err = ERR_NO_MEMORY;

    if (load != NULL && set_folder(load, config_path) == 0) {
        bind_file(load, config_path, false);
        include_all(load);
        err = load->unreadable ? ERR_NOT_FOUND
                               : write_admin_socket(&load->registry->data, path, path_bytes);
    }
    load_close(&load);
    report_free(&report);
    return err;
}

int registry_find_control_socket(const char *config_path, struct report *report, char *path,
                                 size_t path_bytes)
{
    struct load *load = load_new(false, report);
    struct text out = text_over(path, path_bytes);
    int err = ERR_NO_MEMORY;

    if (load != NULL && set_folder(load, config_path) == 0) {
        const struct data *data = &load->registry->data;
        const char *initial = data->control_socket.ptr;

        bind_file(load, config_path, false);
        const bool is_named = data->places.control_socket.file != NULL;
        const bool is_initial = data->control_socket.ptr == initial;
        text_add(&out, data->control_socket);
        text_add_char(&out, '\0');
        /* Where anything is wrong its name may be: another gateway may be behind the default. */
        err = is_initial && (is_named || report_errors(report) != 0) ? ERR_NOT_FOUND : out.err;
    }
    load_close(&load);
    return err;
}

struct registry *registry_load_text(struct span text, const char *name, bool resolve,
                                    struct report *report)
{
    uint32_t errors = report_errors(report);
    struct load *load = load_new(resolve, report);
    struct registry *registry;

    if (load == NULL)
        return NULL;
    load->main_file = name;
    load->registry->data.config_path = arena_copy(load->registry->arena, span_of(name));
    if (load->registry->data.config_path.ptr == NULL)
        load->binder.out_of_memory = true;
    else
        bind_text_of(load, text, load->registry->data.config_path.ptr, false);
    include_all(load);
    registry = finish(load, errors);
    load_close(&load);
    return registry;
}

void registry_free(struct registry **registry)
{
    if (*registry == NULL)
        return;
    const struct data *data = &(*registry)->data;
    for (uint32_t i = 0; data->providers != NULL && i < data->provider_count; i++) {
        wipe(data->providers[i].secret);
        wipe(data->providers[i].account.private_key);
    }
    directory_file_close(&(*registry)->data.directory.file);
    struct arena *arena = (*registry)->arena;
    arena_free(&arena);
    *registry = NULL;
}

const char *registry_state_dir(const struct registry *registry)
{
    return registry->data.state_dir.ptr;
}

void registry_count(const struct registry *registry, struct registry_counts *out)
{
    const struct data *data = &registry->data;
    const struct data_directory *directory = &data->directory;

    *out = (struct registry_counts){
        .providers = data->provider_count,
        .models = data->model_count,
        .groups = data->group_count - directory->group_count,
        .users = data->user_count - directory->user_count,
        .keys = data->key_count - directory->key_count - directory->old_digest_count,
        .has_directory = directory->file.header != NULL,
        .directory_groups = directory->group_count,
        .directory_users = directory->user_count,
        .directory_keys = directory->key_count,
    };
}
