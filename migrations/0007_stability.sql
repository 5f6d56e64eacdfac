-- Stability AI, facts of https://api.stability.ai as of 2026-11. A unit is a Stability credit (one US cent).
-- 150 requests per 10 s, then 60 s locked out.
INSERT INTO pool.provider (name, display_name, unit, reference_price, rate_requests, rate_seconds, lockout_seconds)
VALUES ('stability', 'Stability AI', 'Stability credit (one US cent)', 0.5, 150, 10, 60);

INSERT INTO pool.model (id, provider, wire_name, display_name, units, aspect_ratios, output_formats, style_presets,
                        prompt_chars_max, prompt_languages, negative_prompt)
SELECT 'stability/' || m.wire, 'stability', m.wire, m.display_name, m.units,
       '{1:1,16:9,21:9,2:3,3:2,4:5,5:4,9:16,9:21}', '{png,jpeg,webp}',
       '{enhance,anime,photographic,digital-art,comic-book,fantasy-art,line-art,analog-film,neon-punk,isometric,
         low-poly,origami,modeling-compound,cinematic,3d-model,pixel-art,tile-texture}',
       10000, '{en}', m.negative_prompt
  FROM (VALUES ('ultra', 'Stable Image Ultra', 8.0, true),
               ('core', 'Stable Image Core', 3.0, true),
               ('sd3.5-large', 'Stable Diffusion 3.5 Large', 6.5, true),
               ('sd3.5-large-turbo', 'Stable Diffusion 3.5 Large Turbo', 4.0, false),
               ('sd3.5-medium', 'Stable Diffusion 3.5 Medium', 3.5, true))
       AS m (wire, display_name, units, negative_prompt);
