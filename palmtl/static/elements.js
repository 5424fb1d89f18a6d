function make(tag, text, into) {
  const e = document.createElement(tag);
  e.textContent = text;
  into.append(e);
  return e;
}
