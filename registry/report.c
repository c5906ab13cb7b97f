#include "registry/report.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES_MAX = 1024,
    TEXT_BYTES_MAX = 8 << 20, /* all entries together; more than REPORT_ENTRIES_MAX full ones */
    LINE_BYTES_MAX = 4096,
};

struct entry {
    enum report_severity severity;
    struct report_place place;
    const char *path;
    const char *hint;
    const char *message;
};

struct report {
    struct arena *arena; /* this and the texts; a report outlives the registry it is about */
    const char *file;    /* the name last copied: entries come file by file */
    uint32_t count;
    uint32_t errors;
    uint32_t warnings;
    struct entry entries[REPORT_ENTRIES_MAX];
};

struct report *report_new(void)
{
    struct arena *arena = arena_new(sizeof(struct report) + TEXT_BYTES_MAX);
    struct report *report = arena == NULL ? NULL : arena_take(arena, sizeof(*report));

    if (report == NULL)
        arena_free(&arena);
    else
        report->arena = arena;
    return report;
}

void report_free(struct report **report)
{
    struct arena *arena = *report == NULL ? NULL : (*report)->arena;

    arena_free(&arena);
    *report = NULL;
}

/* A text from a file must not be able to forge a line or drive a terminal. */
static const char *keep_text(struct report *report, const char *text)
{
    struct span from = span_of(text);
    char *copy = arena_take(report->arena, from.len + 1);

    if (copy == NULL)
        return "";
    for (size_t i = 0; i < from.len; i++) {
        unsigned char byte = (unsigned char)from.ptr[i];

        if (byte < 0x20 || byte == 0x7f)
            copy[i] = '?';
        else
            copy[i] = from.ptr[i];
    }
    return copy;
}

static const char *keep_file(struct report *report, const char *file)
{
    if (file == NULL)
        return NULL;
    if (report->file == NULL || strcmp(report->file, file) != 0)
        report->file = keep_text(report, file);
    return report->file;
}

/* NOLINTNEXTLINE(readability-function-size): the parts of one line, in the order they are printed */
void report_add(struct report *report, enum report_severity severity, struct report_place place,
                const char *path, const char *hint, const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    if (severity == REPORT_ERROR)
        report->errors++;
    else
        report->warnings++;
    if (report->count == REPORT_ENTRIES_MAX)
        return;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);

    struct entry *entry = &report->entries[report->count++];
    entry->severity = severity;
    entry->place = place;
    entry->place.file = keep_file(report, place.file);
    entry->path = keep_text(report, path);
    entry->hint = keep_text(report, hint);
    entry->message = keep_text(report, message);
}

uint32_t report_errors(const struct report *report)
{
    return report->errors;
}

uint32_t report_warnings(const struct report *report)
{
    return report->warnings;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* The address decides last: entries are sorted through pointers, so equal places keep their order. */
static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = *(const struct entry *const *)left;
    const struct entry *b = *(const struct entry *const *)right;
    int order = strcmp(a->place.file == NULL ? "" : a->place.file,
                       b->place.file == NULL ? "" : b->place.file);

    if (order == 0)
        order = compare_numbers(a->place.line, b->place.line);
    if (order == 0)
        order = compare_numbers(a->place.column, b->place.column);
    return order != 0 ? order : (a > b) - (a < b);
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ERR_IO;
        bytes += written;
        len -= (size_t)written;
    }
    return 0;
}

static size_t add_format(char *line, size_t len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends as much as fits before the newline; returns the new length. */
static size_t add_format(char *line, size_t len, const char *format, ...)
{
    size_t room = LINE_BYTES_MAX - 1 - len;
    va_list args;

    va_start(args, format);
    int wanted = vsnprintf(line + len, room, format, args);
    va_end(args);
    if (wanted < 0)
        return len;
    return len + ((size_t)wanted < room ? (size_t)wanted : room - 1);
}

static int print_entry(const struct entry *entry, int fd)
{
    char line[LINE_BYTES_MAX];
    size_t len = 0;

    if (entry->place.file != NULL)
        len = add_format(line, len, "%s:", entry->place.file);
    if (entry->place.file != NULL && entry->place.line != 0)
        len = add_format(line, len, "%u:%u:", entry->place.line, entry->place.column);
    len = add_format(line, len, "%s%s: ", len == 0 ? "" : " ",
                     entry->severity == REPORT_ERROR ? "error" : "warning");
    if (entry->path[0] != '\0')
        len = add_format(line, len, "%s: ", entry->path);
    len = add_format(line, len, "%s", entry->message);
    if (entry->hint[0] != '\0')
        len = add_format(line, len, "; %s", entry->hint);
    line[len++] = '\n';
    return write_all(fd, line, len);
}

int report_print_some(const struct report *report, bool (*is_wanted)(const char *path), int fd)
{
    const struct entry *order[REPORT_ENTRIES_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < report->count; i++) {
        if (is_wanted(report->entries[i].path))
            order[count++] = &report->entries[i];
    }
    qsort(order, count, sizeof(const struct entry *), compare_entries);

    for (uint32_t i = 0; i < count; i++) {
        int err = print_entry(order[i], fd);
        if (err != 0)
            return err;
    }
    return 0;
}

static bool is_any(const char *path)
{
    (void)path;
    return true;
}

int report_print(const struct report *report, int fd)
{
    int err = report_print_some(report, is_any, fd);

    if (err != 0)
        return err;
    uint32_t all = report->errors + report->warnings;
    if (all == report->count)
        return 0;

    char line[64];
    int len = snprintf(line, sizeof(line), "and %u more\n", all - report->count);
    return write_all(fd, line, (size_t)len);
}
