#include "tools/ask.h"

#include <stdio.h>

enum { CONNECT_MS = 10000 };

/* Nothing of what the environment or a server says may lead elsewhere: no proxy, no redirect. */
void ask_prepare(CURL *curl, struct curl_slist *fields, long silence_s)
{
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, silence_s);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
}

bool ask_add_field(struct curl_slist **fields, const char *field)
{
    struct curl_slist *more = curl_slist_append(*fields, field);

    *fields = more == NULL ? *fields : more;
    return more != NULL;
}

void ask_take_field(struct span line, struct span name, char *out, size_t cap)
{
    if (line.len < name.len || !span_equal_nocase((struct span){line.ptr, name.len}, name))
        return;
    while (line.len > 0 && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == '\n'))
        line.len--;
    const struct span value = span_trim(span_skip(line, name.len));
    (void)snprintf(out, cap, "%.*s", SPAN_FMT(value));
}
