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
