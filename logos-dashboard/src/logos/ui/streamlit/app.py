"""The script that Streamlit runs: ``logos dashboard``, or ``streamlit run`` with the path of this file."""

from logos.ui.streamlit.navigation import run

if __name__ == "__main__":  # Streamlit runs it under this name
    run()
