//! Images: links that others decorate, parts, tags, and images that are not there yet.

use super::row::{Row, row};
use super::world::World;

pub fn rows(world: &World) -> Vec<Row> {
    [links(world), parts(world), tags(world), missing(world)].concat()
}

fn links(world: &World) -> Vec<Row> {
    let link = world.link();
    let mut rows = Vec::new();
    for foreign in [
        "utm_source=x",
        "fbclid=a%20b",
        "limit=5",
        "utm_source=x&utm_medium=y",
        "a",
        "=",
        "token2=x",
    ] {
        rows.push(
            row(format!("a link with &{foreign} opens"), "GET", format!("{link}&{foreign}"))
                .body_is(&world.image),
        );
    }
    for credential in ["Bearer bad", "Bearer ", "Basic YTpi", "Token x", "bearer a.b.c", "\u{e4}"] {
        rows.push(
            row(format!("a link needs no header: not {credential:?}"), "GET", link.clone())
                .header(&format!("authorization: {credential}"))
                .body_is(&world.image),
        );
    }
    let path = World::image_of(&world.done);
    rows.extend([
        row("a link that somebody changed opens nothing", "GET", link.replace("token=", "token=x"))
            .problem(401, "auth.invalid_token"),
        row("nor does an empty one", "GET", format!("{path}?token="))
            .problem(401, "auth.invalid_token"),
        row("nor one of another image", "GET", link.replace(&world.done.id, &world.waiting.id))
            .answers(401),
        row("without link and token one is asked for", "GET", path.clone())
            .problem(401, "auth.required"),
        row("another's token opens nothing", "GET", path)
            .bearer(&world.owner())
            .problem(404, "not_found"),
    ]);
    rows
}

fn parts(world: &World) -> Vec<Row> {
    let (image, length) = (&world.image, world.image.len());
    let ask = |range: &str| {
        row(format!("Range: {range}"), "GET", world.link()).header(&format!("range: {range}"))
    };
    let part = |range: &str, first: usize, last: usize| {
        ask(range)
            .answers(206)
            .carries("content-range", format!("bytes {first}-{last}/{length}"))
            .carries("content-length", (last + 1 - first).to_string())
            .body_is(&image[first..=last])
    };
    let etag = || world.etag();
    let mut rows = vec![
        part("bytes=0-9", 0, 9),
        part("bytes=0-0", 0, 0),
        part("bytes=10-", 10, length - 1),
        part("bytes=-5", length - 5, length - 1),
        part("Bytes=0-9", 0, 9),
        part("bytes=0-99999999999999999999", 0, length - 1),
        part("bytes=-99999999", 0, length - 1),
        part("bytes=0-9", 0, 9).header(&format!("if-range: {}", etag())),
        row("an image says that it comes in parts", "GET", world.link())
            .carries("accept-ranges", "bytes"),
    ];
    for range in [
        "bytes=0-9,20-29",
        "bytes=9-0",
        "bytes=a-b",
        "items=0-9",
        "bytes",
        "bytes=",
        "",
        "bytes=-",
        "0-9",
    ] {
        rows.push(ask(range).answers(200).body_is(image));
    }
    rows.push(ask("bytes=0-9").header("if-range: \"another\"").answers(200).body_is(image));
    rows.push(
        ask("bytes=0-9")
            .header("if-range: Sat, 28 Nov 2026 10:00:00 GMT")
            .answers(200)
            .body_is(image),
    );
    for range in
        [format!("bytes={length}-"), "bytes=99999999999-".to_owned(), "bytes=-0".to_owned()]
    {
        rows.push(
            ask(&range)
                .problem(416, "request.range_not_satisfiable")
                .carries("content-range", format!("bytes */{length}")),
        );
    }
    rows.push(ask("bytes=0-9").header(&format!("if-none-match: {}", etag())).answers(304));
    rows
}

fn tags(world: &World) -> Vec<Row> {
    let path = World::image_of(&world.done);
    let etag = world.etag();
    let mut rows = vec![
        row("an image by token is kept shortly, for its user alone", "GET", path.clone())
            .bearer(&world.consumer())
            .carries("cache-control", "private")
            .carries("cache-control", "max-age=60")
            .carries("vary", "authorization")
            .carries("etag", etag.as_str())
            .body_is(&world.image),
        row("an image by link tells caches who may see it", "GET", world.link())
            .carries("cache-control", "private")
            .carries("vary", "authorization"),
    ];
    for tag in [etag.clone(), format!("W/{etag}"), format!("\"b\", {etag}"), "*".to_owned()] {
        rows.push(
            row(format!("If-None-Match: {tag}"), "GET", path.clone())
                .bearer(&world.consumer())
                .header(&format!("if-none-match: {tag}"))
                .answers(304)
                .carries("etag", etag.as_str())
                .body_is(b""),
        );
    }
    rows.push(
        row("another tag brings the image", "GET", path)
            .bearer(&world.consumer())
            .header("if-none-match: \"b\"")
            .body_is(&world.image),
    );
    rows
}

fn missing(world: &World) -> Vec<Row> {
    let nobodys = uuid::Uuid::now_v7();
    let mut rows = Vec::new();
    for query in ["", "?utm_source=x"] {
        rows.push(
            row(
                "an image that is not ready says so",
                "GET",
                format!("{}{query}", World::image_of(&world.waiting)),
            )
            .bearer(&world.consumer())
            .problem(404, "not_found")
            .says("not ready")
            .says("wait"),
        );
    }
    rows.push(
        row("a canceled task says that it has none", "GET", World::image_of(&world.canceled))
            .bearer(&world.consumer())
            .problem(404, "not_found")
            .says("canceled"),
    );
    rows.push(
        row(
            "a task that does not exist is not said to be late",
            "GET",
            format!("/api/generate/task/{nobodys}/image"),
        )
        .bearer(&world.consumer())
        .problem(404, "not_found")
        .never("not ready"),
    );
    rows.push(
        row("nor is another's", "GET", World::image_of(&world.waiting))
            .bearer(&world.owner())
            .problem(404, "not_found")
            .never("not ready"),
    );
    rows
}
