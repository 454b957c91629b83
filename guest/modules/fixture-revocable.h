/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One face for what the postings of "revocable" call differently. Provider: what
 * the device has. Handle: what a user asks with; all postings keep the index of
 * the SRCU read section in it.
 */
#ifndef FIXTURE_REVOCABLE_H
#define FIXTURE_REVOCABLE_H

#include <linux/errno.h>
#include <linux/revocable.h>

#if FIXTURE_REVOCABLE == 1

/* The handle comes from the heap, and its inside is not known here. */
struct fixture_provider {
	struct revocable_provider *rp;
};

struct fixture_handle {
	struct revocable *rev;
};

static inline int provider_init(struct fixture_provider *provider, void *res)
{
	provider->rp = revocable_provider_alloc(res);
	return provider->rp ? 0 : -ENOMEM;
}

static inline void provider_revoke(struct fixture_provider *provider)
{
	revocable_provider_revoke(provider->rp);
}

static inline void provider_put(struct fixture_provider *provider)
{
}

static inline int handle_init(struct fixture_handle *handle,
			      struct fixture_provider *provider)
{
	handle->rev = revocable_alloc(provider->rp);
	return handle->rev ? 0 : -ENOMEM;
}

static inline void handle_deinit(struct fixture_handle *handle)
{
	revocable_free(handle->rev);
}

static inline void *handle_try(struct fixture_handle *handle)
{
	return revocable_try_access(handle->rev);
}

static inline void handle_withdraw(struct fixture_handle *handle)
{
	revocable_withdraw_access(handle->rev);
}

#elif FIXTURE_REVOCABLE == 2

/* The provider is under RCU and forgets itself; the handle is the caller's. */
struct fixture_provider {
	struct revocable_provider __rcu *rp;
};

struct fixture_handle {
	struct revocable rev;
};

static inline int provider_init(struct fixture_provider *provider, void *res)
{
	provider->rp = revocable_provider_alloc(res);
	return rcu_access_pointer(provider->rp) ? 0 : -ENOMEM;
}

static inline void provider_revoke(struct fixture_provider *provider)
{
	revocable_provider_revoke(&provider->rp);
}

static inline void provider_put(struct fixture_provider *provider)
{
}

static inline int handle_init(struct fixture_handle *handle,
			      struct fixture_provider *provider)
{
	return revocable_init(provider->rp, &handle->rev);
}

static inline void handle_deinit(struct fixture_handle *handle)
{
	revocable_deinit(&handle->rev);
}

static inline void *handle_try(struct fixture_handle *handle)
{
	return revocable_try_access(&handle->rev);
}

static inline void handle_withdraw(struct fixture_handle *handle)
{
	revocable_withdraw_access(&handle->rev);
}

#else

/* The provider is called revocable, and the device keeps a reference to it. */
struct fixture_provider {
	struct revocable *rev;
};

struct fixture_handle {
	struct revocable_handle rh;
};

static inline int provider_init(struct fixture_provider *provider, void *res)
{
	provider->rev = revocable_alloc(res);
	return provider->rev ? 0 : -ENOMEM;
}

static inline void provider_revoke(struct fixture_provider *provider)
{
	revocable_revoke(provider->rev);
}

static inline void provider_put(struct fixture_provider *provider)
{
	revocable_put(provider->rev);
}

static inline int handle_init(struct fixture_handle *handle,
			      struct fixture_provider *provider)
{
	revocable_handle_init(provider->rev, &handle->rh);
	return 0;
}

static inline void handle_deinit(struct fixture_handle *handle)
{
	revocable_handle_deinit(&handle->rh);
}

static inline void *handle_try(struct fixture_handle *handle)
{
	return revocable_try_access(&handle->rh);
}

static inline void handle_withdraw(struct fixture_handle *handle)
{
	revocable_withdraw_access(&handle->rh);
}

#endif

#endif /* FIXTURE_REVOCABLE_H */
