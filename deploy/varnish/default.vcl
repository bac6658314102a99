# Varnish in front of the store, for Varnish 6.6 or later with the module xkey (Debian: varnish and
# varnish-modules). It keeps pages for as long as they say (s-maxage), serves an older one while it fetches
# the next, and when none is to be had. The store's workers with the role `pages` tell it what has changed
# (edge.purge_urls): PURGE with the tags in Surrogate-Key. Start varnishd with -p http_gzip_support=off: the
# store compresses better than it would, and once.
vcl 4.1;

import std;
import xkey;

# Whatever routes to the nodes by path: deploy/nginx.
backend store {
    .host = "nginx";
    .port = "8080";
    # A page takes milliseconds; the store itself gives up after thirty seconds.
    .connect_timeout = 1s;
    .first_byte_timeout = 31s;
}

# Where the workers are.
acl purgers {
    "localhost";
}

sub vcl_recv {
    if (req.restarts == 0) {
        # How long an older page is served while the next is fetched: edge.shared_cache_seconds.
        set req.grace = 10s;
        unset req.http.x-any-age;
    }

    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(403, "Forbidden"));
        }
        if (!req.http.surrogate-key) {
            return (synth(400, "No Surrogate-Key"));
        }
        if (req.http.soft-purge) {
            set req.http.purged = xkey.softpurge(req.http.surrogate-key);
        } else {
            set req.http.purged = xkey.purge(req.http.surrogate-key);
        }
        return (synth(200, "Purged " + req.http.purged));
    }

    # What changes something, and what is one visitor's own, passes by.
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    if (req.url ~ "^/+(cart|checkout|orders|api|webhooks|events|health)(/|\?|$)") {
        return (pass);
    }

    # All else is the same for everyone: no cookie reaches it, none is needed for it.
    unset req.http.cookie;
    unset req.http.authorization;

    # Marks of campaigns do not reach the store's pages either.
    set req.url = regsuball(req.url, "(?<=[?&])(utm_[a-z]+|gclid|fbclid|msclkid)=[^&]*(&|$)", "");
    set req.url = regsub(std.querysort(req.url), "[?&]+$", "");

    # One copy for each way in which bodies are sent, and not for each way to ask for it.
    if (req.http.accept-encoding ~ "\bbr\b") {
        set req.http.accept-encoding = "br";
    } elsif (req.http.accept-encoding ~ "\bgzip\b") {
        set req.http.accept-encoding = "gzip";
    } else {
        unset req.http.accept-encoding;
    }
    return (hash);
}

sub vcl_backend_response {
    if (beresp.status >= 500) {
        # A copy that is there is better than that, and is not to be hidden by it.
        if (bereq.is_bgfetch) {
            return (abandon);
        }
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    set beresp.http.xkey = beresp.http.surrogate-key;
    # It is kept for as long as it may stand in for one that is not to be had; how long it is served
    # otherwise is said above.
    if (beresp.ttl > 0s && beresp.http.cache-control ~ "stale-if-error=[0-9]+") {
        set beresp.grace = std.duration(
            regsub(beresp.http.cache-control, "^.*stale-if-error=([0-9]+).*$", "\1s"), 10s);
    }
}

sub vcl_deliver {
    # The store did not make it: is there an older one?
    if (resp.status >= 500 && req.restarts == 0 && req.http.x-any-age != "no") {
        set req.http.x-any-age = "yes";
        set req.grace = 365d;
        return (restart);
    }
    unset resp.http.xkey;
    unset resp.http.surrogate-key;
    if (obj.hits > 0) {
        set resp.http.x-front = "hit";
    } else {
        set resp.http.x-front = "miss";
    }
}

sub vcl_backend_error {
    set beresp.ttl = 0s;
    set beresp.http.retry-after = "5";
}

sub vcl_pass {
    # What passes by is never sent twice.
    set req.http.x-any-age = "no";
}

sub vcl_synth {
    # A word for the one who purges; no page of Varnish's own for anybody else.
    set resp.http.content-type = "text/plain; charset=utf-8";
    set resp.body = resp.reason + {"
"};
    return (deliver);
}
