{{^many}}Proforma {{invoice.number}} por {{balance | money}}: vence el {{due_on | date:"day"}}{{/many}}{{#many}}{{count}} proformas por {{balance | money}}: vencen el {{due_on | date:"day"}}{{/many}}
