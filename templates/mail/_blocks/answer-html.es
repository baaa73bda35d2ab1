<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td class="line ink" style="padding:18px 0 0;border-top:1px solid #e2e7ed;font-size:15px;line-height:23px;color:#1c2733">¿Ya ha pagado, hay algún error o este aviso no le corresponde? <a href="{{answer_url}}" class="link" style="{{> _blocks/style-link}}">Díganoslo aquí</a> y lo revisaremos.</td></tr>
</table>
