#include "worker/call_translation.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

/* --- memory ----------------------------------------------------------------------------------- */

void call_forget_translation(struct call *call)
{
    if (call->in != NULL)
        chunk_return_list(&call->request.worker->bodies, &call->in->translated);
    call->translated = NULL;
    if (call->memory != NULL)
        region_reset(&call->memory->region);
}

static int take_memory(struct call *call)
{
    struct translation_memory *memory = &call->request.worker->translation;

    if (call->memory == NULL)
        call->memory = translation_memory_take(memory);
    if (call->memory == NULL)
        return ERR_NO_MEMORY;
    call->translated = region_take(&call->memory->region, sizeof(*call->translated));
    return call->translated == NULL ? ERR_NO_MEMORY : 0;
}

struct span call_keep_message(struct call *call, struct span message)
{
    if (message.len > CALL_MESSAGE_BYTES_MAX) {
        message.len = CALL_MESSAGE_BYTES_MAX;
        /* Not in the middle of a character. */
        while (message.len > 0 && ((unsigned char)message.ptr[message.len] & 0xC0) == 0x80)
            message.len--;
    }
    return message.len == 0 ? message : region_copy(&call->memory->region, message);
}

/* Clients choose the names of fields, and a field of a head holds less than JSON does. */
static struct span keep_printable(struct call *call, struct span text)
{
    struct span kept = text.len == 0 ? text : region_copy(&call->memory->region, text);
    char *bytes = span_writable(kept);

    for (size_t i = 0; i < kept.len; i++) {
        if (bytes[i] < ' ' || bytes[i] > '~')
            bytes[i] = '?';
    }
    return kept;
}

/* --- the body --------------------------------------------------------------------------------- */

/* The client's body in one piece; ptr NULL when there is no room for it. */
static struct span join_body(const struct call_request *in, struct region *scratch)
{
    const struct chunk *first = in->body_first;

    if (first != NULL && first->next == NULL)
        return (struct span){first->bytes + first->begin, first->end - first->begin};
    struct text body = region_text(scratch);
    for (const struct chunk *chunk = first; chunk != NULL; chunk = chunk->next)
        text_add(&body, (struct span){chunk->bytes + chunk->begin, chunk->end - chunk->begin});
    if (body.err != 0)
        return (struct span){NULL, 0};
    region_keep_text(scratch, &body);
    return text_span(&body);
}

/* The upstream's body, in chunks that count as any other body. */
static int keep_body(struct call *call, struct span body)
{
    struct worker *worker = call->request.worker;
    struct chunk **end = &call->in->translated;
    const struct call_plan plan = {.bytes = body.len};
    size_t all = body.len;

    while (body.len > 0) {
        struct chunk *chunk = chunk_take(&worker->bodies);

        if (chunk == NULL) {
            counters_add(&worker->slot->counters, COUNTER_body_memory_refused, 1);
            return ERR_BODY_MEMORY;
        }
        size_t count = body.len < sizeof(chunk->bytes) ? body.len : sizeof(chunk->bytes);
        memcpy(chunk->bytes, body.ptr, count);
        chunk->end = (uint32_t)count;
        *end = chunk;
        end = &chunk->next;
        body = span_skip(body, count);
    }
    upload_init(&call->in->upload, call->in->translated, all, &plan);
    return 0;
}

static bool wants_stream(const struct call *call)
{
    return call->in->reader.stream || call->request.operation == OPERATION_STREAM ||
           call->request.operation == OPERATION_ARRAY;
}

static struct translation_request describe(struct call *call, uint32_t deployment)
{
    struct translation_memory *memory = &call->request.worker->translation;
    const struct snapshot *snapshot = &call->generation->snapshot;
    const struct settings *settings = &snapshot->header->settings;
    const struct deployment_row *row = snapshot_deployment(snapshot, deployment);
    const struct model_row *model = snapshot_model(snapshot, row->model);

    return (struct translation_request){
        .from = call->request.protocol,
        .to = call->upstream_protocol,
        .body = join_body(call->in, &memory->scratch),
        .depth_max = (uint16_t)settings->json_depth,
        .values_max = (uint32_t)settings->json_tokens,
        .is_stream = wants_stream(call),
        .target =
            {
                .traits = row->traits,
                .provider = snapshot_provider(snapshot, row->provider)->kind,
                .upstream_model = snapshot_bytes(snapshot, row->upstream_model),
                .max_output_tokens = model->max_output_tokens,
            },
        .scratch = &memory->scratch,
        .memory = &call->memory->region,
    };
}

static void keep_refusal(struct call *call, const struct hub_notes *notes)
{
    call->error_param = call_keep_message(call, text_span(&notes->param));
    call->error_detail = call_keep_message(call, text_span(&notes->detail));
}

static int translate(struct call *call, uint32_t deployment, struct text *out)
{
    struct call_translation *translated = call->translated;
    struct translation_request request = describe(call, deployment);
    uint32_t flags = snapshot_model(&call->generation->snapshot, call->in->model)->flags;
    struct hub_notes notes;

    if (request.body.ptr == NULL)
        return ERR_NO_MEMORY;
    hub_notes_init(&notes, (flags & MODEL_STRICT_PARAMS) != 0);
    int err = translation_request(&request, &notes, &translated->keep, out);
    if (err == 0)
        translated->dropped = keep_printable(call, text_span(&notes.dropped));
    else
        keep_refusal(call, &notes);
    return err != 0 ? err
                    : translation_memory_count(&call->request.worker->translation, call->memory);
}

int call_translate_request(struct call *call, uint32_t deployment)
{
    struct translation_memory *memory = &call->request.worker->translation;
    int err = take_memory(call);

    if (err != 0)
        return err;
    call->translated->from = call->upstream_protocol;
    call->translated->wants_stream = wants_stream(call);
    call->translated->answer_bytes_max = call->generation->snapshot.header->settings.answer_bytes;
    struct text out = region_text(&memory->out);
    err = translate(call, deployment, &out);
    region_reset(&memory->scratch);
    if (err == 0)
        err = keep_body(call, text_span(&out));
    region_drop_text(&memory->out, &out);
    region_reset(&memory->out);
    call->strips_usage = false;
    return err;
}

void call_add_dropped(const struct call *call, struct text *fields)
{
    if (call->translated == NULL || call->translated->dropped.len == 0)
        return;
    text_add(fields, SPAN("x-weir-dropped: "));
    text_add(fields, call->translated->dropped);
    text_add(fields, SPAN("\r\n"));
}
