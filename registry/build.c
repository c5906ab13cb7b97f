#include "registry/build.h"

#include "lib/base/err.h"

static const uint32_t row_bytes[SNAPSHOT_TABLE_COUNT] = {
#define X(name, type, what) sizeof(type),
    SNAPSHOT_TABLE_MAP(X)
#undef X
};

int build_init(struct build *build, const struct data *data,
               const struct registry_compile_input *input, struct report *report)
{
    *build = (struct build){
        .data = data,
        .input = input,
        .report = report,
        .arena = arena_new(BUILD_BYTES_MAX),
        .digester = digester_new(),
    };
    build->pool.arena = build->arena;
    return build->arena != NULL && build->digester != NULL ? 0 : ERR_NO_MEMORY;
}

void build_close(struct build *build)
{
    digester_free(&build->digester);
    arena_free(&build->arena);
}

void *build_take(struct build *build, size_t count, size_t bytes_each)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, bytes_each, &bytes))
        return NULL;
    return arena_take(build->arena, bytes != 0 ? bytes : 1);
}

void *build_take_rows(struct build *build, enum snapshot_table table, uint32_t count)
{
    void *rows = build_take(build, count, row_bytes[table]);

    build->tables[table] = (struct build_table){rows, rows != NULL ? count : 0};
    return rows;
}

uint32_t build_row_bytes(enum snapshot_table table)
{
    return row_bytes[table];
}
