Ver este aviso en el navegador: {{view_url}}
{{#brand.support_url}}
Ayuda: {{brand.support_url}}
{{/brand.support_url}}
{{^mandatory}}
{{#preferences_url}}
Para dejar de recibir avisos como este: {{preferences_url}}
{{/preferences_url}}
{{/mandatory}}
{{#tracked}}

De este correo registramos {{#tracked_opens}}si se cargan sus imágenes{{/tracked_opens}}{{^tracked_opens}}{{#counted_opens}}cuántas veces se cargan sus imágenes en total, sin saber quién lo hace{{/counted_opens}}{{/tracked_opens}}{{#tracked_links}}{{#tracked_opens}} y {{/tracked_opens}}{{^tracked_opens}}{{#counted_opens}}, y {{/counted_opens}}{{/tracked_opens}}si se solicitan sus enlaces{{/tracked_links}} ({{> _blocks/basis}}).
{{#preferences_url}}
Para cambiar lo que registramos: {{preferences_url}}
{{/preferences_url}}
{{/tracked}}

{{brand.title}}{{#brand.tax_id}} · {{brand.tax_id}}{{/brand.tax_id}}{{#brand.postal_address}} · {{brand.postal_address}}{{/brand.postal_address}}
{{#brand.website}}
{{brand.website}}
{{/brand.website}}
Referencia {{subject_ref}}
