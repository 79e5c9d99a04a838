import * as vscode from 'vscode';

/** A value that no page can guess, for the scripts that may run in it. */
function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** The page of a picture: its own script and style sheet, and nothing from anywhere else. */
export function webviewPage(
  webview: vscode.Webview,
  extension: vscode.Uri,
  name: string,
  body: string,
): string {
  const uri = (...path: string[]) => webview.asWebviewUri(vscode.Uri.joinPath(extension, ...path)).toString();
  const script = nonce();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${script}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${uri('media', 'picture.css')}">
</head>
<body data-picture="${name}">
${body}
<script nonce="${script}" src="${uri('dist', 'views', `${name}.js`)}"></script>
</body>
</html>`;
}
