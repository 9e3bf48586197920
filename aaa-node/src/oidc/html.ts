const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (found) => ESCAPES[found] ?? found);

/** Served at `/assets/sign-in.css`, so that no page needs inline style. Contrast of all text is at least 7 : 1. */
export const STYLE_PATH = '/assets/sign-in.css';
export const STYLE = `:root{color-scheme:light dark;font:1.125rem/1.5 system-ui,sans-serif}
body{margin:0;display:grid;min-height:100vh;place-items:center;background:Canvas;color:CanvasText}
main{box-sizing:border-box;width:min(29rem,100%);padding:1.5rem}
label{display:block;margin-top:1rem;font-weight:600}
input{box-sizing:border-box;width:100%;min-height:3rem;padding:.5rem;font:inherit;border:2px solid currentColor;border-radius:.4rem}
button{min-height:3rem;width:100%;margin-top:1.25rem;font:inherit;font-weight:600;border:2px solid currentColor;border-radius:.4rem}
button.main{background:#0b3d91;color:#fff;border-color:#0b3d91}
:focus-visible{outline:3px solid #e8a200;outline-offset:2px}
.error{border-left:.4rem solid #b00020;padding:.5rem .75rem}
.code{font-size:2rem;letter-spacing:.15em;font-variant-numeric:tabular-nums}
`;

/** A page in which everything but `body` is escaped. */
export const page = (
  { lang }: { readonly lang: string },
  title: string,
  utilityName: string,
  body: string,
): string => `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – ${escapeHtml(utilityName)}</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
