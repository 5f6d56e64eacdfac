-- OpenAI Images, facts of 2026-11. A unit is one US cent.
--
-- A model is OpenAI's model with one quality and one size, since the three decide the price; `units` is the price
-- per image that OpenAI lists. The tokens of the prompt come on top: half a cent for the longest prompt here.
-- High quality is left out: it may take longer than an attempt does.
--
-- The rate is the highest tier's, images per minute. Which tier a key has is not known: its owner sets a lower
-- limit, or the key cools down as long as OpenAI asks it to. Nobody is locked out longer than the minute lasts.
-- OpenAI's own clients wait up to 600 s for an answer.
INSERT INTO pool.provider (name, display_name, unit, policy, evidence, reviewed_at,
                           reference_price, rate_requests, rate_seconds, lockout_seconds)
VALUES ('openai', 'OpenAI', 'US cent', 'own_use_only',
        'Services Agreement: a customer may not "resell or lease access to its Account or any End User Account" (3.1), '
        'nor "buy, sell, or transfer API keys from, to, or with a third party" (3.3 g), nor get around usage limits '
        '(3.3 i). A key may serve its own owner only. Source: https://openai.com/policies/services-agreement, '
        'version of 2025-05-31.',
        '2026-11-22T00:00:00Z', 0.5, 250, 60, 0);

INSERT INTO pool.model (id, provider, wire_name, display_name, units, aspect_ratios, output_formats, style_presets,
                        prompt_chars_max, prompt_languages, negative_prompt, seed)
SELECT 'openai/' || m.wire || '-' || s.size, 'openai', m.wire || '-' || s.size, m.display_name || ', ' || s.size,
       CASE s.ratio WHEN '1:1' THEN m.square ELSE m.oblong END, ARRAY[s.ratio], '{png,jpeg,webp}', '{}',
       4000, '{ar,de,en,es,fr,hi,id,it,ja,ko,nl,pl,pt,ru,tr,uk,vi,zh}', false, false
  FROM (VALUES ('gpt-image-1-mini-medium', 'GPT Image 1 Mini, medium', 1.1, 1.5),
               ('gpt-image-1.5-low', 'GPT Image 1.5, low', 0.9, 1.3),
               ('gpt-image-1.5-medium', 'GPT Image 1.5, medium', 3.4, 5.0)) AS m (wire, display_name, square, oblong),
       (VALUES ('1024x1024', '1:1'), ('1536x1024', '3:2'), ('1024x1536', '2:3')) AS s (size, ratio);
