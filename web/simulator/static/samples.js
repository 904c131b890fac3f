// Files to try things with, made on the spot so that no two are the same.

const MONEY = new Intl.NumberFormat("es-AR", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** A transfer receipt as a PDF of one page, with a fresh operation number. */
export function makeProof({ amount, payee, payer }) {
  const operation = String(Date.now()).slice(-11);
  const today = new Date().toLocaleDateString("es-AR", { timeZone: "America/Argentina/Buenos_Aires" });
  const lines = [
    [18, "Comprobante de transferencia"], [12, today], [26, `$ ${MONEY.format(amount)}`],
    [12, `De: ${payer}`], [12, `Para: ${payee}`], [12, "Motivo: Varios"], [12, `Número de operación: ${operation}`],
  ];
  return new File([pdf(lines)], `comprobante-${operation}.pdf`, { type: "application/pdf" });
}

function pdf(lines) {
  let y = 760;
  const shown = lines.map(([size, text]) => {
    y -= size + 16;
    return `BT /F1 ${size} Tf 60 ${y} Td (${text.replace(/[\\()]/g, "\\$&")}) Tj ET`;
  }).join("\n");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${shown.length} >>\nstream\n${shown}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  file += offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  // Latin-1, one byte per character: the offsets above count characters.
  return Uint8Array.from(file, (char) => Math.min(char.codePointAt(0), 255));
}

/** A smiling leaf as a WebP sticker. */
export function makeSticker() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 256;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#25d366";
  pen.beginPath();
  pen.moveTo(128, 16);
  pen.bezierCurveTo(260, 80, 240, 240, 128, 240);
  pen.bezierCurveTo(16, 240, -4, 80, 128, 16);
  pen.fill();
  pen.fillStyle = "#0b5d37";
  for (const x of [96, 160]) {
    pen.beginPath();
    pen.arc(x, 128, 11, 0, 7);
    pen.fill();
  }
  pen.lineWidth = 9;
  pen.lineCap = "round";
  pen.strokeStyle = "#0b5d37";
  pen.beginPath();
  pen.arc(128, 148, 42, 0.4, Math.PI - 0.4);
  pen.stroke();
  return new Promise((resolve) => canvas.toBlob(
    (blob) => resolve(new File([blob], "sticker.webp", { type: "image/webp" })), "image/webp"));
}
