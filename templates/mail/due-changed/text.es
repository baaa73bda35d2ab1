{{< _layout/text}}
{{$title}}{{^many}}Su proforma tiene un nuevo vencimiento{{/many}}{{#many}}Sus {{count}} proformas tienen un nuevo vencimiento{{/many}}{{/title}}
{{$facts}}
Importe: {{balance | money}}
Nuevo vencimiento: {{due_on | date}}{{#old_due_on}} (antes: {{old_due_on | date}}){{/old_due_on}}
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
{{^many}}La proforma {{invoice.number}}, por {{balance | money}}, ahora vence el {{due_on | date}}{{/many}}{{#many}}Estas {{count}} proformas, por un total de {{balance | money}}, ahora vencen el {{due_on | date}}{{/many}}{{#old_due_on}}, en lugar del {{old_due_on | date}}{{/old_due_on}}.

Los avisos que le enviamos con la fecha anterior quedan sin efecto.

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
