// Summaries are a line each, which is wider than a phone.
{
  const narrow = new CSSStyleSheet();
  narrow.replaceSync(
    "@media (max-width: 600px) { .scalar-app .text-sm.whitespace-nowrap { white-space: normal !important; } }",
  );
  document.adoptedStyleSheets.push(narrow);
}
Scalar.createApiReference("#app", {
  url: new URL("openapi.json", document.baseURI).href,
  proxyUrl: "",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  defaultOpenFirstTag: true,
  authentication: { preferredSecurityScheme: "bearer" },
  metaData: { title: "Aetherflow API" },
});
