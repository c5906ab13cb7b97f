/**
 * The build's own program: writes the tables of files.h from the files under lib/web/files.
 *
 * Usage: web_embed OUT.c FILE…
 *
 * Assets come before the templates that name them; a *.html is a template, all else an asset.
 */
#include "lib/base/digest.h"
#include "lib/base/text.h"
#include "lib/web/files.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_BYTES_MAX = WEB_ASSET_BYTES_MAX, NAME_BYTES_MAX = 128, HASH_DIGITS = 16 };

_Static_assert((int)WEB_ASSET_BYTES_MAX >= (int)WEB_TEMPLATE_BYTES_MAX, "one buffer for both");

struct asset {
    struct span given; /* "weir.css" */
    char name[NAME_BYTES_MAX];
    const char *content_type;
    char hash[HASH_DIGITS + 1];
};

struct embedding {
    FILE *out;
    struct digester *digester; /* over all files */
    struct digester *one;      /* of a single one */
    uint32_t asset_count;
    struct asset assets[WEB_ASSET_COUNT];
    struct span file; /* its name without folders */
    size_t bytes;
    char memory[FILE_BYTES_MAX];
};

static _Noreturn void fail(const struct embedding *from, const char *what)
{
    fprintf(stderr, "web_embed: %.*s: %s\n", SPAN_FMT(from->file), what);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    exit(1);
}

static void read_file(struct embedding *into, const char *path)
{
    const char *slash = strrchr(path, '/');
    FILE *in = fopen(path, "rb");

    into->file = span_of(slash == NULL ? path : slash + 1);
    if (in == NULL)
        fail(into, "cannot be read");
    into->bytes = fread(into->memory, 1, sizeof(into->memory), in);
    if (ferror(in) != 0 || into->bytes == sizeof(into->memory))
        fail(into, "cannot be read, or is too large");
    fclose(in);
    digester_add(into->digester, into->file);
    digester_add(into->digester, (struct span){into->memory, into->bytes});
}

static bool ends_with(struct span name, struct span end)
{
    return name.len > end.len && span_equal(span_skip(name, name.len - end.len), end);
}

static const char *content_type(const struct embedding *from)
{
    static const struct {
        const char *end;
        const char *type;
    } types[] = {
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (ends_with(from->file, span_of(types[i].end)))
            return types[i].type;
    }
    fail(from, "a file of this kind has no content type");
}

/* The bytes of an array's initialiser. */
static void write_bytes(const struct embedding *from, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        fprintf(from->out, "%s'\\x%02x',", i % 16 == 0 ? "\n    " : " ",
                (unsigned)(unsigned char)bytes.ptr[i]);
}

static void embed_asset(struct embedding *from)
{
    struct span body = {from->memory, from->bytes};
    const char *point = memchr(from->file.ptr, '.', from->file.len);
    struct asset *asset = &from->assets[from->asset_count];
    char hex[DIGEST_HEX_BYTES];

    if (from->asset_count == WEB_ASSET_COUNT)
        fail(from, "more assets than files.h says");
    const char *type = content_type(from);
    const struct digest digest = digester_hash(from->one, body);

    digest_to_hex(&digest, hex);
    asset->given = from->file;
    asset->content_type = type;
    memcpy(asset->hash, hex, HASH_DIGITS);
    /* weir.css becomes weir.HASH.css. */
    struct text name = text_over(asset->name, sizeof(asset->name) - 1);

    text_add(&name, span_from(from->file.ptr, point + 1));
    text_add(&name, (struct span){hex, HASH_DIGITS});
    text_add(&name, span_of(point));
    if (name.err != 0)
        fail(from, "has too long a name");
    fprintf(from->out, "static const char asset_%u[] = {", from->asset_count++);
    write_bytes(from, body);
    fprintf(from->out, "\n};\n\n");
}

/* {{asset:NAME}}: the path, as bytes. */
static void write_asset_path(const struct embedding *from, struct span given)
{
    for (uint32_t i = 0; i < from->asset_count; i++) {
        const char *name = from->assets[i].name;

        if (!span_equal(from->assets[i].given, given))
            continue;
        fprintf(from->out, "    {WEB_SLOT_NONE, {\"/assets/%s\", %zu}},\n", name,
                strlen("/assets/") + strlen(name));
        return;
    }
    fail(from, "names an asset that there is not");
}

/* Writes what stands before the next slot, as an array of its own or as a row that refers to it. */
static void write_plain(const struct embedding *from, struct span bytes, unsigned number,
                        bool is_row)
{
    if (bytes.len == 0)
        return;
    if (is_row) {
        fprintf(from->out, "    {WEB_SLOT_NONE, {%.*s_%u, sizeof(%.*s_%u)}},\n",
                (int)(from->file.len - 5), from->file.ptr, number, (int)(from->file.len - 5),
                from->file.ptr, number);
        return;
    }
    fprintf(from->out, "static const char %.*s_%u[] = {", (int)(from->file.len - 5), from->file.ptr,
            number);
    write_bytes(from, bytes);
    fprintf(from->out, "\n};\n\n");
}

static void write_slot(const struct embedding *from, struct span name)
{
    const struct span asset = SPAN("asset:");

    if (span_starts_with(name, asset))
        write_asset_path(from, span_skip(name, asset.len));
    else
        fprintf(from->out, "    {WEB_SLOT_%.*s, {0}},\n", SPAN_FMT(name));
}

static void walk_template(const struct embedding *from, bool is_row)
{
    struct span rest = {from->memory, from->bytes};
    unsigned number = 0;

    for (;;) {
        const char *open = memmem(rest.ptr, rest.len, "{{", 2);

        write_plain(from, open == NULL ? rest : span_from(rest.ptr, open), number++, is_row);
        if (open == NULL)
            return;
        rest = span_skip(rest, (size_t)(open - rest.ptr) + 2);
        const char *close = memmem(rest.ptr, rest.len, "}}", 2);

        if (close == NULL)
            fail(from, "a slot has no end");
        if (is_row)
            write_slot(from, span_from(rest.ptr, close));
        rest = span_skip(rest, (size_t)(close - rest.ptr) + 2);
    }
}

static void embed_template(struct embedding *from)
{
    /* The file's last line break is the file's own. */
    if (from->bytes > 0 && from->memory[from->bytes - 1] == '\n')
        from->bytes--;
    walk_template(from, false);
    fprintf(from->out, "static const struct web_piece %.*s_pieces[] = {\n",
            (int)(from->file.len - 5), from->file.ptr);
    walk_template(from, true);
    fprintf(from->out, "};\n\n");
}

static void write_tables(struct embedding *from)
{
    const struct digest digest = digester_end(from->digester);

    fprintf(from->out, "const struct web_asset web_assets[WEB_ASSET_COUNT] = {\n");
    for (uint32_t i = 0; i < from->asset_count; i++) {
        const struct asset *asset = &from->assets[i];

        fprintf(from->out,
                "    {{\"%s\", %zu}, {\"%s\", %zu}, {asset_%u, sizeof(asset_%u)}, "
                "{\"\\\"%s\\\"\", %d}},\n",
                asset->name, strlen(asset->name), asset->content_type, strlen(asset->content_type),
                i, i, asset->hash, HASH_DIGITS + 2);
    }
    fprintf(from->out,
            "};\n\n"
            "const struct web_pieces web_templates[WEB_TEMPLATE_COUNT] = {\n"
            "#define X(name) [WEB_TEMPLATE_##name] = {name##_pieces, \\\n"
            "                                         sizeof(name##_pieces) / "
            "sizeof(name##_pieces[0])},\n"
            "    WEB_TEMPLATE_MAP(X)\n"
            "#undef X\n"
            "};\n\n"
            "const uint64_t web_files_hash = UINT64_C(0x%016llx);\n",
            (unsigned long long)digest_prefix(&digest));
}

int main(int argc, char **argv)
{
    static struct embedding embedding;

    if (argc < 3)
        return 2;
    embedding.out = fopen(argv[1], "w");
    embedding.digester = digester_new();
    embedding.one = digester_new();
    embedding.file = span_of(argv[1]);
    if (embedding.out == NULL || embedding.digester == NULL || embedding.one == NULL)
        fail(&embedding, "cannot be written");
    digester_begin(embedding.digester);
    fprintf(embedding.out, "#include \"lib/web/files.h\"\n\n");
    for (int i = 2; i < argc; i++) {
        read_file(&embedding, argv[i]);
        if (ends_with(embedding.file, SPAN(".html")))
            embed_template(&embedding);
        else
            embed_asset(&embedding);
    }
    write_tables(&embedding);
    digester_free(&embedding.digester);
    digester_free(&embedding.one);
    embedding.file = span_of(argv[1]);
    if (ferror(embedding.out) != 0 || fclose(embedding.out) != 0)
        fail(&embedding, "cannot be written");
    return 0;
}
