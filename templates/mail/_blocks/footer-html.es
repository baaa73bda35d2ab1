<p style="margin:12px 0 0"><a href="{{view_url}}" class="link" style="{{> _blocks/style-foot}}">Ver este aviso en el navegador</a>{{#brand.support_url}} &nbsp;·&nbsp; <a href="{{brand.support_url}}" class="link" style="{{> _blocks/style-foot}}">Ayuda</a>{{/brand.support_url}}{{#brand.website}} &nbsp;·&nbsp; <a href="{{brand.website}}" class="link" style="{{> _blocks/style-foot}}">{{brand.title}}</a>{{/brand.website}}</p>
{{#preferences_url}}
<p style="margin:12px 0 0">Si no quiere recibir avisos como este, <a href="{{preferences_url}}" class="link" style="{{> _blocks/style-foot}}">cambie sus preferencias</a>.</p>
{{/preferences_url}}
{{#tracked}}
<p style="margin:12px 0 0">Para dejar constancia de la entrega, registramos {{#tracked_opens}}si este correo se abre{{/tracked_opens}}{{#tracked_links}}{{#tracked_opens}} y {{/tracked_opens}}si se usan sus enlaces{{/tracked_links}}{{#brand.tracking_basis}} ({{brand.tracking_basis}}){{/brand.tracking_basis}}.</p>
{{/tracked}}
<p style="margin:12px 0 0">{{brand.title}}{{#brand.tax_id}} · {{brand.tax_id}}{{/brand.tax_id}}{{#brand.postal_address}} · {{brand.postal_address}}{{/brand.postal_address}}<br>Referencia {{subject_ref}}</p>
