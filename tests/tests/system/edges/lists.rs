//! Every list takes `limit` and `cursor`, and names what is wrong with them.

use super::row::{Row, row};
use super::world::World;

pub fn rows(world: &World) -> Vec<Row> {
    let (consumer, owner, admin) = (world.consumer(), world.owner(), world.admin());
    let lists = [
        ("/api/generate/models", &consumer),
        ("/api/generate/history", &consumer),
        ("/api/wallet/transactions", &consumer),
        ("/api/auth/sessions", &consumer),
        ("/api/resource/list", &owner),
        ("/api/admin/users", &admin),
        ("/api/admin/provider-policies", &admin),
        ("/api/admin/models", &admin),
        ("/api/admin/audit-log", &admin),
        ("/api/admin/resources", &admin),
        ("/api/admin/sanctions", &admin),
        ("/api/admin/jobs", &admin),
        ("/api/admin/workers", &admin),
        ("/api/admin/transactions", &admin),
    ];
    let mut rows = Vec::new();
    for (path, token) in lists {
        rows.push(
            row(format!("{path} has pages"), "GET", format!("{path}?limit=1"))
                .bearer(token)
                .says("next_cursor"),
        );
        rows.push(
            row(format!("{path} has none of 0"), "GET", format!("{path}?limit=0"))
                .bearer(token)
                .refuses(&["limit"]),
        );
        for cursor in ["x", "%F0%9F%A6%8A", "AAAA", "-1"] {
            rows.push(
                row(
                    format!("{path} knows no cursor {cursor}"),
                    "GET",
                    format!("{path}?cursor={cursor}"),
                )
                .bearer(token)
                .refuses(&["cursor"]),
            );
        }
    }
    rows
}
