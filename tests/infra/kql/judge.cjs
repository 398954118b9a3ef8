// Reads JSON on standard input, {"tables": {name: columns}, "queries": {name: text}}, and prints what Microsoft's KQL
// language service has to say of each query: {name: {"problems": […], "columns": […]}}.
const fs = require("node:fs");

require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const { KustoCode, GlobalState, Symbols } = globalThis.Kusto.Language;
const listed = (items) => Array.from({ length: System.Array.getCount(items) }, (_, at) => System.Array.getItem(items, at));

const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const tables = Object.entries(asked.tables).map(([name, columns]) => new Symbols.TableSymbol.$ctor7(name, columns, null));
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor3("workspace", null, tables, false));

const answers = Object.entries(asked.queries).map(([name, text]) => {
  const code = KustoCode.ParseAndAnalyze(text, globals);
  const problems = listed(code.GetDiagnostics()).map((one) => `${one.Severity} ${one.Code} at ${one.Start}: ${one.Message}`);
  const columns = listed(code.ResultType?.Columns ?? []).map((column) => column.Name);
  return [name, { problems, columns }];
});
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
