/* Names, with a look-up that the test answers. */
#include <uv.h>

/* NOLINTBEGIN(readability-identifier-naming,readability-function-size): the names are libuv's */
/* libuv's look-up, replaced before the resolver is compiled. */
static int fake_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb callback,
                            const char *host, const char *port, const struct addrinfo *hints);
static int fake_cancel(uv_req_t *request);
#define uv_getaddrinfo         fake_getaddrinfo
#define uv_freeaddrinfo(found) ((void)(found))
#define uv_cancel              fake_cancel
/* NOLINTEND(readability-identifier-naming,readability-function-size) */
/* NOLINTNEXTLINE(bugprone-suspicious-include): with the replacements above */
#include "lib/net/resolver.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct {
    uv_loop_t loop;
    struct resolver *resolver;
    uv_getaddrinfo_t *asked; /* the look-up that waits for its answer */
    uv_getaddrinfo_cb callback;
    size_t look_ups;
    size_t cancelled;
    int refuse; /* what uv_getaddrinfo() returns */
    size_t told;
    int err;
} rx;

/* NOLINTNEXTLINE(readability-function-size): so many are libuv's */
static int fake_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb callback,
                            const char *host, const char *port, const struct addrinfo *hints)
{
    assert_ptr_equal(loop, &rx.loop);
    assert_string_equal(host, "api.example");
    assert_string_equal(port, "443");
    assert_int_equal(hints->ai_socktype, SOCK_STREAM);
    if (rx.refuse != 0)
        return rx.refuse;
    assert_null(rx.asked);
    rx.asked = request;
    rx.callback = callback;
    rx.look_ups++;
    return 0;
}

static int fake_cancel(uv_req_t *request)
{
    assert_ptr_equal(request, rx.asked);
    rx.cancelled++;
    return 0;
}

static void answer(int status, const char *const *addresses, size_t count)
{
    struct sockaddr_in v4[16];
    struct sockaddr_in6 v6[16];
    struct addrinfo found[16];
    uv_getaddrinfo_t *asked = rx.asked;

    for (size_t i = 0; i < count; i++) {
        bool is_v6 = strchr(addresses[i], ':') != NULL;

        found[i] = (struct addrinfo){.ai_family = is_v6 ? AF_INET6 : AF_INET,
                                     .ai_next = i + 1 < count ? &found[i + 1] : NULL};
        found[i].ai_addr = is_v6 ? (struct sockaddr *)(void *)&v6[i]
                                 : (struct sockaddr *)(void *)&v4[i];
        if (is_v6)
            assert_int_equal(uv_ip6_addr(addresses[i], 443, &v6[i]), 0);
        else
            assert_int_equal(uv_ip4_addr(addresses[i], 443, &v4[i]), 0);
    }
    assert_non_null(asked);
    rx.asked = NULL;
    rx.callback(asked, status, count > 0 ? found : NULL);
}

static void answer_one(const char *address)
{
    answer(0, &address, 1);
}

static void on_answered(struct link *waiting, int err)
{
    assert_true(link_is_alone(waiting));
    rx.told++;
    rx.err = err;
}

static struct resolver_name *take(void)
{
    return resolver_take(rx.resolver, "api.example", "443");
}

/* The loop's clock stands still until it is told. */
static void time_passes(uint64_t delay_ms)
{
    rx.loop.time += delay_ms;
}

static int setup(void **state)
{
    (void)state;
    memset(&rx, 0, sizeof(rx));
    assert_int_equal(uv_loop_init(&rx.loop), 0);
    rx.resolver = resolver_new(&rx.loop, on_answered);
    return rx.resolver == NULL;
}

static int teardown(void **state)
{
    (void)state;
    resolver_free(&rx.resolver);
    if (rx.asked != NULL)
        answer(UV_ECANCELED, NULL, 0);
    return uv_loop_close(&rx.loop);
}

static void a_name_is_looked_up_when_it_is_first_taken(void **state)
{
    (void)state;
    struct resolver_name *name = take();
    assert_int_equal(rx.look_ups, 1);
    assert_null(resolver_name_addresses(name));
    answer_one("192.0.2.1");
    assert_string_equal(resolver_name_addresses(name), "api.example:443:192.0.2.1");
    assert_ptr_equal(take(), name);
    assert_int_equal(rx.look_ups, 1);
}

static void all_who_wait_are_told_once(void **state)
{
    struct link first;
    struct link second;
    struct link left;
    struct resolver_name *name = take();

    (void)state;
    link_init(&first);
    link_init(&second);
    link_init(&left);
    resolver_wait(name, &first);
    resolver_wait(name, &left);
    resolver_wait(name, &second);
    link_remove(&left);
    assert_int_equal(rx.told, 0);
    answer_one("192.0.2.1");
    assert_int_equal(rx.told, 2);
    assert_int_equal(rx.err, 0);
    assert_int_equal(rx.look_ups, 1);
}

static void addresses_of_both_families_are_kept_in_order(void **state)
{
    static const char *const addresses[] = {"2001:db8::1", "192.0.2.1", "192.0.2.2"};
    struct resolver_name *name = take();

    (void)state;
    answer(0, addresses, 3);
    assert_string_equal(resolver_name_addresses(name),
                        "api.example:443:[2001:db8::1],192.0.2.1,192.0.2.2");
}

static void no_more_addresses_are_kept_than_the_bound(void **state)
{
    const char *addresses[16];
    struct resolver_name *name = take();
    size_t commas = 0;

    (void)state;
    for (size_t i = 0; i < 16; i++)
        addresses[i] = "2001:db8:1111:2222:3333:4444:5555:6666";
    answer(0, addresses, 16);
    for (const char *at = name->addresses; *at != '\0'; at++)
        commas += *at == ',' ? 1 : 0;
    assert_int_equal(commas, RESOLVER_ADDRESSES_MAX - 1);
}

static void an_old_answer_is_used_while_it_is_asked_again(void **state)
{
    struct resolver_name *name = take();

    (void)state;
    answer_one("192.0.2.1");
    time_passes(RESOLVER_TTL_MS - 1);
    assert_non_null(resolver_name_addresses(name));
    assert_int_equal(rx.look_ups, 1);
    time_passes(1);
    assert_string_equal(resolver_name_addresses(name), "api.example:443:192.0.2.1");
    assert_int_equal(rx.look_ups, 2);
    assert_non_null(resolver_name_addresses(name));
    assert_int_equal(rx.look_ups, 2);
    answer_one("192.0.2.2");
    assert_string_equal(resolver_name_addresses(name), "api.example:443:192.0.2.2");
}

static void a_failing_refresh_keeps_the_last_good_answer(void **state)
{
    struct resolver_name *name = take();

    (void)state;
    answer_one("192.0.2.1");
    time_passes(RESOLVER_TTL_MS);
    assert_non_null(resolver_name_addresses(name));
    answer(UV_EAI_AGAIN, NULL, 0);
    assert_string_equal(resolver_name_addresses(name), "api.example:443:192.0.2.1");
    time_passes(RESOLVER_TTL_MS);
    rx.refuse = UV_ENOMEM;
    assert_string_equal(resolver_name_addresses(name), "api.example:443:192.0.2.1");
}

static void a_name_that_does_not_resolve_is_told_and_asked_again(void **state)
{
    struct link waiting;
    struct resolver_name *name = take();

    (void)state;
    link_init(&waiting);
    resolver_wait(name, &waiting);
    answer(UV_EAI_NONAME, NULL, 0);
    assert_int_equal(rx.told, 1);
    assert_int_equal(rx.err, ERR_UPSTREAM_RESOLVE);
    assert_null(resolver_name_addresses(name));
    resolver_wait(name, &waiting);
    assert_int_equal(rx.look_ups, 2);
    answer_one("192.0.2.1");
    assert_int_equal(rx.told, 2);
    assert_int_equal(rx.err, 0);
}

static void a_look_up_outlives_its_resolver(void **state)
{
    (void)state;
    assert_non_null(take());
    resolver_free(&rx.resolver);
    assert_null(rx.resolver);
    assert_int_equal(rx.cancelled, 1);
    answer_one("192.0.2.1");
    resolver_free(&rx.resolver);
}

static void names_too_long_are_not_taken(void **state)
{
    char host[300];

    (void)state;
    memset(host, 'a', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    assert_null(resolver_take(rx.resolver, host, "443"));
    assert_null(resolver_take(rx.resolver, "api.example", "123456789"));
    assert_int_equal(rx.look_ups, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_name_is_looked_up_when_it_is_first_taken),
        T(all_who_wait_are_told_once),
        T(addresses_of_both_families_are_kept_in_order),
        T(no_more_addresses_are_kept_than_the_bound),
        T(an_old_answer_is_used_while_it_is_asked_again),
        T(a_failing_refresh_keeps_the_last_good_answer),
        T(a_name_that_does_not_resolve_is_told_and_asked_again),
        T(a_look_up_outlives_its_resolver),
        T(names_too_long_are_not_taken),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
