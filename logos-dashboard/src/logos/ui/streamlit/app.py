"""The dashboard for ``streamlit run`` with the path of this file, as ``logos dashboard`` serves it."""

from streamlit.starlette import App

from logos.ui.streamlit.serving import SCRIPT, before_streamlit, told

app = App(SCRIPT, middleware=before_streamlit(), on_script_error=told)
