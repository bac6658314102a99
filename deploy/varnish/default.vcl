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
    .connect_timeout = 1s;
    # The store itself gives up after thirty seconds.
    .first_byte_timeout = 31s;
    .probe = {
        .url = "/robots.txt";
        .interval = 1s;
        .timeout = 1s;
        .window = 4;
        .threshold = 2;
        .initial = 2;
    }
}

# Where the workers are.
acl purgers {
    "localhost";
}

sub vcl_recv {
    if (req.restarts == 0) {
        unset req.http.x-any-age;
    }
    # How long an older page is served while the next is fetched: edge.shared_cache_seconds of one who is
    # not told of changes. Without the store, for as long as it is kept.
    set req.grace = 10s;
    if (req.http.x-any-age || !std.healthy(req.backend_hint)) {
        set req.grace = 365d;
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

    # What changes something passes by.
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # These are the same for everyone, and of what may stand behind the question mark they know only this:
    # campaigns' marks and whatever else somebody writes there make no further copies.
    if (req.url ~ "^/c/") {
        set req.url = regsuball(req.url, "(?<=[?&])(?!(page|sort)=)[^&]*(&|$)", "");
        set req.url = regsub(std.querysort(req.url), "[?&]+$", "");
    } elsif (req.url ~ "^/p/[^?]*\?(.*&)?(sku|quantity|problem)=") {
        # The answer to a form that could not be taken.
        return (pass);
    } elsif (req.url ~ "^/(\?|$|credits(\?|$)|p/|line/[^/?]+(\?|$)|pkg/|fonts/|media/|favicon\.svg|robots\.txt|sitemap\.xml|sitemaps/)") {
        set req.url = regsub(req.url, "\?.*$", "");
    } else {
        # One visitor's own, or nothing that is known here.
        return (pass);
    }
    unset req.http.cookie;
    unset req.http.authorization;

    # One copy for each way in which bodies are sent, and not for each way to ask for it.
    if (req.http.accept-encoding ~ "(?i)(^|,)\s*br\s*(;\s*q=(1|0?\.\d*[1-9])\S*\s*)?(,|$)") {
        set req.http.accept-encoding = "br";
    } elsif (req.http.accept-encoding ~ "(?i)(^|,)\s*gzip\s*(;\s*q=(1|0?\.\d*[1-9])\S*\s*)?(,|$)") {
        set req.http.accept-encoding = "gzip";
    } else {
        unset req.http.accept-encoding;
    }
    return (hash);
}

sub vcl_backend_fetch {
    # A page that nobody had takes the store seven seconds at most.
    if (!bereq.uncacheable) {
        set bereq.first_byte_timeout = 8s;
    }
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
    # What does not say how long it may be kept is not kept.
    if (!beresp.http.cache-control) {
        set beresp.ttl = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    set beresp.http.xkey = beresp.http.surrogate-key;
    # A page that is older than it may get, because the store can make none that is newer, is not asked for by
    # everyone who wants it, one after the other, but once a second.
    if (beresp.ttl <= 0s && beresp.http.cache-control ~ "s-maxage=[1-9]") {
        set beresp.ttl = 1s;
    }
    # It is kept for as long as it may stand in for one that is not to be had; how long it is served
    # otherwise is said above.
    if (beresp.ttl > 0s && beresp.http.cache-control ~ "stale-if-error=[0-9]+") {
        set beresp.grace = std.duration(
            regsub(beresp.http.cache-control, "^.*stale-if-error=([0-9]+).*$", "\1s"), 10s);
    }
}

sub vcl_backend_error {
    set beresp.ttl = 0s;
    set beresp.http.retry-after = "5";
    set beresp.http.cache-control = "no-store";
    set beresp.http.content-type = "text/plain; charset=utf-8";
    set beresp.body = {"The store cannot be reached just now. Please try again in a moment.
"};
    return (deliver);
}

sub vcl_pass {
    # What passes by is never sent twice.
    set req.http.x-any-age = "no";
}

sub vcl_deliver {
    # The store did not make it: is there an older one?
    if (resp.status >= 500 && req.restarts == 0 && !req.http.x-any-age) {
        set req.http.x-any-age = "yes";
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

sub vcl_synth {
    # A word for the one who purges.
    set resp.http.content-type = "text/plain; charset=utf-8";
    set resp.body = resp.reason + {"
"};
    return (deliver);
}
