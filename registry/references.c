#include "registry/references.h"

#include "lib/base/err.h"
#include "registry/files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_BYTES_MAX = 128 };

struct lookup {
    const char *folder;
    struct text *out;
    char *problem; /* REFERENCE_PROBLEM_BYTES */
};

static bool is_name_char(char c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

static bool is_variable(struct span name)
{
    if (name.len == 0 || name.len >= NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_char(name.ptr[i], i == 0))
            return false;
    }
    return true;
}

/* A credential is a file right inside the directory, never beyond it. */
static bool is_credential(struct span name)
{
    return name.len > 0 && name.len < NAME_BYTES_MAX && name.ptr[0] != '.' &&
           memchr(name.ptr, '/', name.len) == NULL && memchr(name.ptr, '\0', name.len) == NULL;
}

static int add_variable(const struct lookup *lookup, struct span name)
{
    char terminated[NAME_BYTES_MAX];

    memcpy(terminated, name.ptr, name.len);
    terminated[name.len] = '\0';
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): a load has one thread and nothing here sets variables */
    const char *value = getenv(terminated);
    if (value == NULL || value[0] == '\0') {
        (void)snprintf(lookup->problem, REFERENCE_PROBLEM_BYTES,
                       "the environment variable %s is %s", terminated,
                       value == NULL ? "not set" : "empty");
        return ERR_NOT_FOUND;
    }
    text_add(lookup->out, span_of(value));
    return 0;
}

static int add_file(const struct lookup *lookup, const char *path)
{
    struct span content = {NULL, 0};
    const char *why = "";
    int err = file_content_read(path, REFERENCE_FILE_BYTES_MAX, &content, &why);

    struct span kept = content;
    if (kept.len > 0 && kept.ptr[kept.len - 1] == '\n')
        kept.len--;
    if (err == 0 && kept.len == 0) {
        why = "is empty";
        err = ERR_NOT_FOUND;
    }
    if (err == 0)
        text_add(lookup->out, kept);
    else
        (void)snprintf(lookup->problem, REFERENCE_PROBLEM_BYTES,
                       "the file %.256s cannot be used: %s", path, why);
    file_content_free(&content);
    return err == 0 ? 0 : ERR_NOT_FOUND;
}

static int add_joined(const struct lookup *lookup, const char *folder, struct span name)
{
    char path[PATH_MAX];
    bool absolute = name.ptr[0] == '/';
    int len = snprintf(path, sizeof(path), "%s%s%.*s", absolute ? "" : folder, absolute ? "" : "/",
                       SPAN_FMT(name));

    if (len < 0 || (size_t)len >= sizeof(path) || strlen(path) != (size_t)len) {
        (void)snprintf(lookup->problem, REFERENCE_PROBLEM_BYTES, "the path is not usable");
        return ERR_INVALID;
    }
    return add_file(lookup, path);
}

static int add_credential(const struct lookup *lookup, struct span name)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): a load has one thread and nothing here sets variables */
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    if (folder == NULL || folder[0] == '\0') {
        (void)snprintf(lookup->problem, REFERENCE_PROBLEM_BYTES,
                       "there is no credential %.*s: CREDENTIALS_DIRECTORY is not set",
                       SPAN_FMT(name));
        return ERR_NOT_FOUND;
    }
    return add_joined(lookup, folder, name);
}

static int malformed(const struct lookup *lookup)
{
    (void)snprintf(lookup->problem, REFERENCE_PROBLEM_BYTES,
                   "a reference must be ${NAME}, ${credential:NAME} or ${file:PATH}");
    return ERR_INVALID;
}

/* What stands between `${` and `}`. */
static int add_reference(const struct lookup *lookup, struct span inside)
{
    static const struct span credential = {"credential:", 11};
    static const struct span file = {"file:", 5};

    if (span_starts_with(inside, credential)) {
        struct span name = span_skip(inside, credential.len);
        return is_credential(name) ? add_credential(lookup, name) : malformed(lookup);
    }
    if (span_starts_with(inside, file)) {
        struct span path = span_skip(inside, file.len);
        return path.len > 0 ? add_joined(lookup, lookup->folder, path) : malformed(lookup);
    }
    return is_variable(inside) ? add_variable(lookup, inside) : malformed(lookup);
}

int references_resolve(struct span raw, const char *folder, struct text *out,
                       char problem[static REFERENCE_PROBLEM_BYTES])
{
    const struct lookup lookup = {folder, out, problem};

    while (raw.len > 0) {
        const char *dollar = memmem(raw.ptr, raw.len, "${", 2);

        if (dollar == NULL)
            break;
        bool literal = dollar > raw.ptr && dollar[-1] == '$';
        text_add(out, span_from(raw.ptr, literal ? dollar - 1 : dollar));
        raw = span_from(dollar + 2, raw.ptr + raw.len);
        if (literal) {
            text_add(out, SPAN("${"));
            continue;
        }
        const char *end = raw.len == 0 ? NULL : memchr(raw.ptr, '}', raw.len);
        if (end == NULL)
            return malformed(&lookup);
        int err = add_reference(&lookup, span_from(raw.ptr, end));
        if (err != 0)
            return err;
        raw = span_from(end + 1, raw.ptr + raw.len);
    }
    text_add(out, raw);
    if (out->err != 0)
        (void)snprintf(problem, REFERENCE_PROBLEM_BYTES, "the resolved text is too long");
    return out->err;
}
