/* The export, found and checked: what can be wrong with it as a file. */
#include "registry/merge.h"

#include "lib/base/err.h"
#include "shm/directory_writer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { PROBLEM_BYTES = 512 };

static const char how_back[] = "put back a copy of it or of " DIRECTORY_DATABASE_NAME
                               " beside it; the steward writes it from the database";

struct report_place merge_place(const struct merge *merge)
{
    return (struct report_place){merge->data->directory.path.ptr, 0, 0};
}

static bool has_database(const struct merge *merge)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%.*s/" DIRECTORY_DATABASE_NAME,
                       SPAN_FMT(merge->data->state_dir));

    return len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) == 0;
}

static const char *problem_with(int err)
{
    switch (err) {
    case ERR_NOT_FOUND:
        return "the directory's export is missing";
    case ERR_CORRUPT:
        return "the directory's export is damaged";
    case ERR_VERSION:
        return "the directory's export is of another version of weir";
    default:
        return "the directory's export cannot be read";
    }
}

/* Writes it anew, and opens that. */
static int restore_export(const struct merge *merge, registry_restore_fn *restore, int why)
{
    struct data_directory *directory = &merge->data->directory;
    char problem[PROBLEM_BYTES] = "";
    int err = restore(merge->data->state_dir.ptr, problem, sizeof(problem));

    if (err != 0) {
        report_add(merge->report, REPORT_ERROR, merge_place(merge), "", how_back,
                   "%s, and cannot be written anew: %s", problem_with(why), problem);
        return ERR_CONFIG;
    }
    report_add(merge->report, REPORT_WARNING, merge_place(merge), "", "",
               "%s; it was written anew from the database", problem_with(why));
    return directory_file_open(directory->path.ptr, &directory->file);
}

/* @param number  errno, of ERR_IO */
static int refuse_export(const struct merge *merge, bool resolve, int err, int number)
{
    if (err == ERR_IO && number == EACCES && !resolve) {
        report_add(merge->report, REPORT_WARNING, merge_place(merge), "", "",
                   "the directory's export cannot be read by this user: it is left out");
        return 0;
    }
    report_add(merge->report, REPORT_ERROR, merge_place(merge), "", how_back, "%s%s%s",
               problem_with(err), err == ERR_IO ? ": " : "",
               err == ERR_IO ? strerrordesc_np(number) : "");
    return ERR_CONFIG;
}

static int open_export(const struct merge *merge, bool resolve, registry_restore_fn *restore)
{
    struct data_directory *directory = &merge->data->directory;
    int err = directory_file_open(directory->path.ptr, &directory->file);
    int number = errno;

    if (err == ERR_NOT_FOUND && (restore == NULL || !has_database(merge)))
        return 0;
    if (err != 0 && err != ERR_NO_MEMORY && restore != NULL) {
        err = restore_export(merge, restore, err);
        number = errno;
        if (err == ERR_CONFIG)
            return err;
    }
    if (err == 0 || err == ERR_NO_MEMORY)
        return err;
    return refuse_export(merge, resolve, err, number);
}

static int count_rows(const struct merge *merge)
{
    struct data_directory *directory = &merge->data->directory;
    const struct directory_file *file = &directory->file;

    for (uint32_t table = 0; table < DIRECTORY_TEXT; table++) {
        if (directory_file_rows(file, (enum directory_table)table) > MERGE_ROWS_MAX)
            return ERR_NO_MEMORY;
    }
    directory->group_count = directory_file_rows(file, DIRECTORY_GROUPS);
    directory->user_count = directory_file_rows(file, DIRECTORY_USERS);
    directory->key_count = directory_file_rows(file, DIRECTORY_KEYS);
    directory->old_digest_count = directory_file_rows(file, DIRECTORY_OLD_DIGESTS);
    return 0;
}

int merge_open(const struct merge *merge, bool resolve, registry_restore_fn *restore)
{
    struct data_directory *directory = &merge->data->directory;
    const struct span state_dir = merge->data->state_dir;
    size_t room = state_dir.len + sizeof("/" DIRECTORY_FILE_NAME);
    char *path = arena_take(merge->arena, room);

    if (path == NULL)
        return ERR_NO_MEMORY;
    int len = snprintf(path, room, "%.*s/" DIRECTORY_FILE_NAME, SPAN_FMT(state_dir));
    directory->path = (struct span){path, (size_t)len};
    int err = open_export(merge, resolve, restore);
    return err == 0 && directory->file.header != NULL ? count_rows(merge) : err;
}
