#include "steward/store.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "shm/directory_file.h"
#include "shm/directory_writer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

int store_init(struct store *store, struct span state_dir)
{
    *store = (struct store){.retry_ms = STORE_RETRY_FIRST_MS};
    store->trouble = (struct database_trouble){.err = ERR_NOT_READY};
    (void)snprintf(store->trouble.sentence, sizeof(store->trouble.sentence),
                   "the database has not been opened yet");
    int len = snprintf(store->path, sizeof(store->path), "%.*s/weir.db", SPAN_FMT(state_dir));
    if (len < 0 || (size_t)len >= sizeof(store->path))
        return ERR_INVALID;
    (void)snprintf(store->folder, sizeof(store->folder), "%.*s", SPAN_FMT(state_dir));
    return 0;
}

void store_close(struct store *store)
{
    if (store->database != NULL && store->on_closing != NULL)
        store->on_closing(store->owner);
    database_close(&store->database);
}

/* Said once for each reason, here: no caller logs it. */
static void note(struct store *store, int err, const char *sentence)
{
    bool is_news = store->trouble.err != err;

    store->trouble.err = err;
    (void)snprintf(store->trouble.sentence, sizeof(store->trouble.sentence), "%s", sentence);
    store->retry_at = monotime_after(monotime_now(), store->retry_ms);
    store->retry_ms *= 2;
    if (store->retry_ms > STORE_RETRY_MAX_MS)
        store->retry_ms = STORE_RETRY_MAX_MS;
    if (is_news)
        log_write(LOG_ERROR, "%s", store->trouble.sentence);
}

static void recover(struct store *store)
{
    if (store->trouble.err != 0 && store->trouble.err != ERR_NOT_READY)
        log_write(LOG_NOTICE, "the database can be used again");
    store->trouble = (struct database_trouble){0};
    store->retry_ms = STORE_RETRY_FIRST_MS;
    store->attempts++;
}

/* Does the exported file say that there was a database with changes in it? */
static bool was_used(const struct store *store)
{
    char path[DATABASE_PATH_BYTES_MAX];
    struct directory_file file;
    int len = snprintf(path, sizeof(path), "%s/%s", store->folder, DIRECTORY_FILE_NAME);

    if (len < 0 || (size_t)len >= sizeof(path))
        return false;
    int err = directory_file_open(path, &file);
    if (err != 0)
        return err != ERR_NOT_FOUND;
    bool used = file.header->change > 0;
    directory_file_close(&file);
    return used;
}

static bool is_missing(const struct store *store)
{
    struct stat status;

    return stat(store->path, &status) != 0 && errno == ENOENT;
}

static void open_it(struct store *store)
{
    const struct database_options options = {store->path, STORE_BUSY_MS};
    struct database_trouble trouble;

    if (is_missing(store) && was_used(store)) {
        note(store, ERR_NOT_FOUND,
             "the database is missing, and the exported directory says that there was one");
        return;
    }
    write_ahead_settle(&store->ahead, store->path);
    int err = database_open(&options, &store->database, &trouble);
    if (err != 0) {
        note(store, err, trouble.sentence);
        return;
    }
    if (write_ahead_note(&store->ahead, store->path)) {
        recover(store);
        return;
    }
    database_close(&store->database);
    note(store, ERR_NOT_FOUND, "the database has vanished while it was opened");
}

/* The path must still lead to the file that is open: what is written to another is lost. */
static void look_at_file(struct store *store)
{
    if (store->database == NULL || write_ahead_is_same(&store->ahead, store->path))
        return;
    store_close(store);
    note(store, ERR_NOT_FOUND, "the database's file was removed or replaced");
}

static void probe(struct store *store)
{
    int err = database_begin(store->database);

    if (err == 0)
        err = database_end(store->database, 0);
    if (err == 0)
        recover(store);
    else
        store_after(store, err);
}

bool store_tick(struct store *store, struct monotime now)
{
    int before = store->trouble.err;

    look_at_file(store);
    if (store->trouble.err != 0 && monotime_reached(now, store->retry_at)) {
        if (store->database == NULL)
            open_it(store);
        else
            probe(store);
    }
    return store->trouble.err != before;
}

int store_reader(struct store *store, struct database **out)
{
    look_at_file(store);
    *out = store->database;
    return store->database != NULL ? 0 : store->trouble.err;
}

int store_writer(struct store *store, struct database **out)
{
    int err = store_reader(store, out);

    return err == 0 ? store->trouble.err : err;
}

void store_after(struct store *store, int err)
{
    /* It failed because there is none: why there is none has been noted. */
    if (store->database == NULL)
        return;
    switch (err) {
    case 0:
        if (store->trouble.err != 0)
            recover(store);
        break;
    case ERR_AGAIN:
    case ERR_DISK_FULL:
        note(store, err, database_last_trouble(store->database)->sentence);
        break;
    case ERR_CORRUPT:
    case ERR_IO:
        note(store, err, database_last_trouble(store->database)->sentence);
        store_close(store);
        break;
    default:
        break;
    }
}
