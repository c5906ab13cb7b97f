/*
 * Retry-After as any server may send it. The input is the time, eight bytes, and the value.
 */
#include "lib/wire/retry_after.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <time.h>

enum { DATE_BYTES = 64, MS_PER_S = 1000 };

/* Until the year 9999, where a date of four digits ends. */
#define NOW_MAX INT64_C(253402300799)

static int64_t take_time(struct span *input)
{
    uint64_t now = 0;

    for (size_t i = 0; i < sizeof(now) && i < input->len; i++)
        now = now << 8 | (unsigned char)input->ptr[i];
    *input = span_skip(*input, input->len < sizeof(now) ? input->len : sizeof(now));
    return (int64_t)(now % (uint64_t)NOW_MAX);
}

static uint64_t read_exact(struct span value, int64_t now_s)
{
    struct span exact = fuzz_copy(value);
    uint64_t wait_ms = retry_after_ms(exact, now_s);

    fuzz_free(exact);
    return wait_ms;
}

/* Digits alone, by other means than the parser's. */
static bool is_count(struct span value, uint64_t *wait_ms)
{
    uint64_t count = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return false;
        count = count * 10 + (uint64_t)(value.ptr[i] - '0');
        if (count > RETRY_AFTER_MS_MAX)
            count = RETRY_AFTER_MS_MAX;
    }
    *wait_ms = count > RETRY_AFTER_MS_MAX / MS_PER_S ? RETRY_AFTER_MS_MAX : count * MS_PER_S;
    return value.len > 0;
}

/* The same moment in each of the three forms is the same wait. */
static void check_forms(int64_t now_s, uint64_t wait_ms)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %e %H:%M:%S %Y"};
    const time_t then = (time_t)now_s + (time_t)(wait_ms / MS_PER_S);
    struct tm parts;

    INVARIANT(gmtime_r(&then, &parts) != NULL);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && then <= NOW_MAX; i++) {
        char date[DATE_BYTES];
        size_t len = strftime(date, sizeof(date), forms[i], &parts);

        INVARIANT(len > 0 && read_exact((struct span){date, len}, now_s) == wait_ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    const int64_t now_s = take_time(&input);
    const uint64_t wait_ms = read_exact(input, now_s);
    uint64_t counted;

    INVARIANT(wait_ms <= RETRY_AFTER_MS_MAX && wait_ms % MS_PER_S == 0);
    INVARIANT(read_exact(span_trim(input), now_s) == wait_ms);
    INVARIANT(!is_count(span_trim(input), &counted) || counted == wait_ms);
    if (wait_ms != 0)
        check_forms(now_s, wait_ms);
    return 0;
}
