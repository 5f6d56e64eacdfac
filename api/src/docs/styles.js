// Styles that scripts of this page make carry the nonce of this answer, without which the browser refuses them.
// Scalar sets it for its own sheet, but not for those of what it is made of.
{
  const { nonce } = document.querySelector("meta[property=csp-nonce]");
  const create = document.createElement.bind(document);
  document.createElement = (name, options) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
}
