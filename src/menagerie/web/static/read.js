// An answer's page, without its style rules: they carry another nonce, and ours has them already.
export function readPage(text) {
  return new DOMParser().parseFromString(text.replace(/<style[^]*?<\/style>/, ""), "text/html");
}
