/** Rows as comma-separated values (RFC 4180): every field any row has becomes a column. */
import type { Row } from "./experiment";

export function toCsv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function cell(value: Row[string] | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
