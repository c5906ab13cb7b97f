#include "worker/call.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/text.h"

/* --- head ------------------------------------------------------------------------------------- */

static int keep_header(struct call_header *header, const struct http_request *http,
                       struct span name, struct span otherwise)
{
    struct text text = text_over(header->line, sizeof(header->line));
    struct span value = otherwise;

    http_request_find(http, name, &value);
    if (value.len > 0) {
        text_add(&text, name);
        text_add(&text, SPAN(": "));
        text_add(&text, value);
    }
    text_add_char(&text, '\0');
    return text.err == 0 ? 0 : ERR_HEAD_TOO_LARGE;
}

/* The version is a client's choice and goes through untouched; a client that names none gets the
 * one that every Anthropic server knows. */
static int keep_headers(struct call *call, const struct http_request *http)
{
    struct call_header *headers = call->in->headers;

    headers[0].line[0] = '\0';
    headers[1].line[0] = '\0';
    if (call->request.protocol != PROTOCOL_ANTHROPIC)
        return 0;
    int err = keep_header(&headers[0], http, SPAN("anthropic-version"), SPAN("2023-06-01"));
    return err != 0 ? err : keep_header(&headers[1], http, SPAN("anthropic-beta"), SPAN(""));
}

int call_request_begin(struct call *call, const struct http_request *http, struct span model)
{
    const struct settings *settings = &call->generation->snapshot.header->settings;
    struct call_request *in = call->in;

    /* Headers and the model's name are written before they are read. */
    memset(in, 0, offsetof(struct call_request, headers));
    in->call = call;
    link_init(&in->pausing);
    call_reader_init(&in->reader, call->request.protocol, (uint16_t)settings->json_depth);
    int err = model.len > 0 ? call_reader_name(&in->reader, model) : 0;
    return err != 0 ? err : keep_headers(call, http);
}

/* --- body ------------------------------------------------------------------------------------- */

/* The chunk that the next bytes go to; NULL when limits.body_memory is used up. */
static struct chunk *chunk_with_room(struct call *call)
{
    struct worker *worker = call->request.worker;
    struct call_request *in = call->in;
    struct chunk *last = in->body_last;

    if (last != NULL && last->end < sizeof(last->bytes))
        return last;
    struct chunk *chunk = chunk_take(&worker->bodies);
    if (chunk == NULL) {
        counters_add(&worker->slot->counters, COUNTER_body_memory_refused, 1);
        return NULL;
    }
    if (last == NULL)
        in->body_first = chunk;
    else
        last->next = chunk;
    in->body_last = chunk;
    return chunk;
}

static int keep_body(struct call *call, struct span bytes)
{
    while (bytes.len > 0) {
        struct chunk *chunk = chunk_with_room(call);

        if (chunk == NULL)
            return ERR_BODY_MEMORY;
        size_t room = sizeof(chunk->bytes) - chunk->end;
        size_t count = bytes.len < room ? bytes.len : room;
        memcpy(chunk->bytes + chunk->end, bytes.ptr, count);
        chunk->end += (uint32_t)count;
        bytes = span_skip(bytes, count);
    }
    return 0;
}

int call_request_feed(struct call *call, struct span bytes)
{
    int err = keep_body(call, bytes);

    if (err == 0)
        err = call_reader_feed(&call->in->reader, bytes);
    if (err == ERR_BAD_MODEL || err == ERR_DUPLICATE_MODEL)
        call->error_param = SPAN("model");
    return err;
}

static void keep_slug(struct call *call, struct span slug)
{
    struct text text = text_over(call->slug_json, sizeof(call->slug_json));

    /* A slug that is in the registry has no character that JSON escapes. */
    text_add_json(&text, slug);
    INVARIANT(text.err == 0);
    call->slug_json_bytes = (uint8_t)text.len;
}

/* What Gemini's listing calls `name`, which some clients send behind the path that has it. */
static int admit(struct call *call)
{
    const struct span whole_name = SPAN("models/");
    struct call_request *in = call->in;
    const struct snapshot *snapshot = &call->generation->snapshot;
    int err = access_admit(snapshot, &call->access, in->reader.slug, &in->model);

    if (err != ERR_UNKNOWN_MODEL || call->request.protocol != PROTOCOL_GEMINI ||
        !span_starts_with(in->reader.slug, whole_name))
        return err;
    in->reader.slug = span_skip(in->reader.slug, whole_name.len);
    return access_admit(snapshot, &call->access, in->reader.slug, &in->model);
}

int call_request_end(struct call *call)
{
    struct call_request *in = call->in;
    int err = call_reader_end(&in->reader);

    call->error_param = err == ERR_BAD_JSON ? SPAN("") : SPAN("model");
    if (err == 0)
        err = admit(call);
    if (err != 0)
        return err;
    call->error_param = SPAN("");
    keep_slug(call, in->reader.slug);
    return 0;
}

/* --- on to a deployment ----------------------------------------------------------------------- */

/* The provider's name for the model as JSON; Gemini's has a folder before it. */
static struct span model_json(struct call *call, uint32_t deployment)
{
    const struct snapshot *snapshot = &call->generation->snapshot;
    struct span name = snapshot_bytes(snapshot,
                                      snapshot_deployment(snapshot, deployment)->upstream_model);
    struct span folder = SPAN("models/");
    char memory[LAYOUT_UPSTREAM_MODEL_BYTES_MAX + sizeof("models/")];
    struct text whole = text_over(memory, sizeof(memory));
    struct text json = text_over(call->in->upstream_model, sizeof(call->in->upstream_model));

    if (call->request.protocol == PROTOCOL_GEMINI && !span_starts_with(name, folder))
        text_add(&whole, folder);
    text_add(&whole, name);
    text_add_json(&json, text_span(&whole));
    INVARIANT(whole.err == 0 && json.err == 0);
    return text_span(&json);
}

void call_request_plan(struct call *call, uint32_t deployment)
{
    struct call_request *in = call->in;
    struct call_plan plan;

    call_plan_make(&in->reader, model_json(call, deployment), &plan);
    upload_init(&in->upload, in->body_first, in->reader.bytes, &plan);
    call->strips_usage = plan.strip_usage;
}
