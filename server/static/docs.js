// Draws the API's description with Swagger UI; both come from this service.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Its validator badge would ask another site.
  validatorUrl: null,
});
