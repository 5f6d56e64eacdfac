//! What a refund gives back follows the grants it was taken from.

use crate::market::Market;

/// A settled task of 7.5, paid from these grants of a consumer who has nothing else: `(id, source, amount, life)`, spent
/// in this order.
async fn settled(grants: &[(&str, &str, &str, &str)]) -> Market {
    let mut market = Market::open().await;
    market
        .run(
            "SELECT ledger.revoke_grant(id) FROM ledger.credit_grant WHERE wallet =
                   (SELECT account FROM ledger.wallet WHERE user_id = u('c1'))",
        )
        .await;
    for (n, (id, source, amount, life)) in grants.iter().enumerate() {
        market
            .run(&format!(
                "SELECT ledger.issue_grant(u('{id}'), account, '{source}', NULL, {amount}, {n}::smallint,
                     aether.now() + interval '{life}') FROM ledger.wallet WHERE user_id = u('c1')"
            ))
            .await;
    }
    market.call("1", "c1", "e1").await;
    assert_eq!(market.ask("settle(1)").await, "settled");
    market
}

impl Market {
    async fn refund(&mut self, seq: i32, amount: &str) {
        let refund = format!("ledger.refund(t(1), {seq}, {amount}, u('a{seq}'), u('b{seq}'))");
        assert_eq!(self.ask(&refund).await, "refunded");
    }

    async fn available(&mut self) -> String {
        self.ask("SELECT trim_scale(available) FROM ledger.wallet WHERE user_id = u('c1')").await
    }
}

#[tokio::test]
async fn a_refund_after_a_chargeback_revives_nothing() {
    let mut market = settled(&[("a01", "purchase", "100", "1 year")]).await;
    assert_eq!(market.ask("SELECT trim_scale(ledger.revoke_grant(u('a01')))").await, "92.5");

    market.refund(1, "3").await;
    market.refund(2, "4.5").await;

    assert_eq!(market.available().await, "0");
    let back = "SELECT trim_scale(sum(gross)) || ' to ' || min(credit) FROM ledger.journal
                 WHERE kind = 'revoke_returned'";
    assert_eq!(market.ask(back).await, "7.5 to 10", "the account that issued it");
    market.close().await;
}

#[tokio::test]
async fn a_refund_of_credits_that_have_expired_meanwhile_goes_where_they_went() {
    let mut market = settled(&[("a01", "promotion", "100", "1 day")]).await;
    market
        .run("UPDATE public.clock SET at = at + interval '2 days'; SELECT ledger.expire_due(9)")
        .await;

    market.refund(1, "7.5").await;

    assert_eq!(market.available().await, "0");
    let back = "SELECT trim_scale(gross) || ' to ' || credit FROM ledger.journal
                 WHERE kind = 'expire_returned'";
    assert_eq!(market.ask(back).await, "7.5 to 2");
    market.close().await;
}

#[tokio::test]
async fn of_several_grants_only_the_dead_ones_swallow_their_part() {
    let grants = [
        ("a01", "promotion", "2", "1 year"),
        ("a02", "purchase", "3", "1 year"),
        ("a03", "purchase", "2.5", "1 year"),
    ];
    let mut market = settled(&grants).await;
    market.ask("ledger.revoke_grant(u('a02'))").await;

    // The last taken come back first: 2.5 that live, then 0.5 of those revoked, then the rest.
    market.refund(1, "3").await;
    assert_eq!(market.available().await, "2.5");
    market.refund(2, "4.5").await;
    assert_eq!(market.available().await, "4.5");

    let grants = "SELECT string_agg(paid || ' ' || trim_scale(amount) || ' ' || trim_scale(remaining), ', ' ORDER BY id)
                    FROM ledger.credit_grant WHERE source = 'refund'";
    assert_eq!(market.ask(grants).await, "true 3 2.5, true 2.5 0, false 2 2");
    market.close().await;
}

#[tokio::test]
async fn what_is_refunded_lives_as_long_as_what_was_spent() {
    let mut market = settled(&[("a01", "purchase", "100", "10 days")]).await;

    market.refund(1, "7.5").await;

    let life = "SELECT expires_at - aether.now() FROM ledger.credit_grant WHERE source = 'refund'";
    assert_eq!(market.ask(life).await, "10 days");
    market.close().await;
}
